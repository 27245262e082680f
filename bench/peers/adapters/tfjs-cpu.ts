import '@tensorflow/tfjs-backend-cpu';
import type { LoadPeer } from '../peer.ts';
import { tfjs } from './tfjs.ts';

export const load: LoadPeer = () => tfjs('cpu');
