import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Column } from './comparison.ts';
import { type Peer, Refusal } from './peer.ts';
import { startPeer, type Terms } from './process.ts';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const host = (adapter: string) => (terms: Terms) =>
  startPeer(terms, process.execPath, ...process.execArgv, path('host.ts'), adapter);

const hasTorch = (python: string): boolean => {
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

function pytorch(terms: Terms): Promise<Peer> {
  const python = ['python3', '/usr/bin/python3'].find(hasTorch);
  if (!python) throw new Refusal('`python3 -c "import torch"` fails');
  return startPeer(terms, python, path('pytorch/pytorch.py'));
}

/** Under the names of their columns, ours first: the others' results are held to it. */
const all: Record<string, (terms: Terms) => Promise<Peer>> = {
  simdgrad: host('simdgrad'),
  'tfjs wasm': host('tfjs-wasm'),
  'tfjs cpu': host('tfjs-cpu'),
  'onnxruntime-web': host('onnxruntime'),
  'jax-js': host('jax'),
  'ml-matrix': host('ml-matrix'),
  PyTorch: pytorch,
  peak: host('peak'),
};

export const [ourName, ...otherNames] = Object.keys(all);

/** Ours and those of the others that start, and a column for each, with the reason where one does not. */
export async function startPeers(
  others: readonly string[],
  terms: Terms,
): Promise<{ peers: Peer[]; columns: Column[] }> {
  const peers: Peer[] = [];
  const columns: Column[] = [];
  for (const [name, start] of Object.entries(all)) {
    if (name !== ourName && !others.includes(name)) continue;
    try {
      const peer = await start(terms);
      peers.push(peer);
      columns.push({ name, version: peer.version, manner: peer.manner });
    } catch (error) {
      if (peers.length === 0) throw error;
      columns.push({ name, version: '', manner: '', missing: error instanceof Error ? error.message : String(error) });
    }
  }
  return { peers, columns };
}
