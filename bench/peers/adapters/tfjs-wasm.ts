import { fileURLToPath } from 'node:url';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { LoadPeer } from '../peer.ts';
import { threads } from '../threads.ts';
import { tfjs } from './tfjs.ts';

export const load: LoadPeer = () => {
  setWasmPaths(fileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url)));
  setThreadsCount(threads);
  return tfjs('wasm');
};
