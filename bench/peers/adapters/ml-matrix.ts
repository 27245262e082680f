import { readFileSync } from 'node:fs';
import { Matrix } from 'ml-matrix';
import { type Computations, prepare, type Tensors } from '../computation.ts';
import type { LoadPeer } from '../peer.ts';

const computations: Computations<Matrix> = {
  matmul: (_, { a, b }) => ({ compute: () => [a.mmul(b)] }),
  linear: (_, { x, weight, bias }) => {
    const transposed = weight.transpose();
    const row = bias.to1DArray();
    return { compute: () => [x.mmul(transposed).addRowVector(row)] };
  },
};

const tensors: Tensors<Matrix> = {
  from: ({ shape: [rows, columns = 1], values }) => Matrix.from1DArray(rows, columns, values),
  read: (matrix) => matrix.to1DArray(),
  release: () => {},
  dispose: () => {},
};

export const load: LoadPeer = async () => {
  const manifest = new URL('../node_modules/ml-matrix/package.json', import.meta.url);
  return {
    name: 'ml-matrix',
    version: JSON.parse(readFileSync(manifest, 'utf8')).version,
    manner: '`a.mmul(b)`, in float64, the only type it has.',
    prepare: (problem) => prepare(problem, computations, tensors, 'matrices only'),
  };
};
