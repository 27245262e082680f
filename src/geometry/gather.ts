import { reject, show } from '../check.ts';
import { axisOf, checkShape, type Shape, sizeOf } from '../shape.ts';
import { type Axis, axisTable, mergeAxes, stridesOf } from './axes.ts';

/** What the kernels `gatherForward` and `gatherBackward` are told. */
export interface Gather {
  /** The output's shape. */
  readonly shape: Shape;
  /** Indices must lie from 0 to `choices` − 1: the size of x's axis that they pick from. */
  readonly choices: number;
  /** Elements of x from one choice to the next. */
  readonly stride: number;
  /** [rank, then size, strideO, strideX, strideI of each axis]; `begin` and `end` cut `extent` steps of the first. */
  readonly forward: { readonly table: Int32Array; readonly extent: number };
  /** The same walk; `begin` and `end` cut `extent` steps of axis number `cut`, along which indices do not run. */
  readonly backward: { readonly table: Int32Array; readonly cut: number; readonly extent: number };
}

/**
 * out[…, j, …] = x[…, index[…, j, …], …]: an index for each element along `dim`.
 * @throws unless the index has as many axes as x, and no other of them is longer than x's
 */
export function gatherGeometry(call: string, x: Shape, dim: number, index: Shape): Gather {
  const axis = axisOf(call, 'dim', dim, x.length);
  if (index.length !== x.length || index.some((size, d) => d !== axis && size > x[d])) {
    const most = x.map((size, d) => (d === axis ? 'any' : `≤ ${size}`)).join(', ');
    reject(call, 'index', `[${most}] for x ${show(x)}`, index);
  }
  const strides = stridesOf(index);
  const stridesX = stridesOf(x);
  const axes = index.map((size, d) => ({ size, strides: [strides[d], d === axis ? 0 : stridesX[d], strides[d]] }));
  return gather(index, x[axis], stridesX[axis], axes);
}

/** The slices of x along `dim` that a list of indices names: out[…, j, …] = x[…, index[j], …]. */
export function indexSelectGeometry(call: string, x: Shape, dim: number, index: Shape): Gather {
  const axis = axisOf(call, 'dim', dim, x.length);
  if (index.length !== 1) reject(call, 'index', '[N]', index);
  return rows(call, x, axis, index);
}

/** The rows of a table [V, D] that indices of any shape name: out[…, :] = weight[index[…], :]. */
export function embeddingGeometry(call: string, weight: Shape, index: Shape): Gather {
  if (weight.length !== 2) reject(call, 'weight', '[V, D]', weight);
  return rows(call, weight, 0, index);
}

/** Throws unless all indices lie within the axis that they pick from. */
export function checkIndices(call: string, argument: string, smallest: number, largest: number, choices: number): void {
  if (smallest >= 0 && largest < choices) return;
  reject(call, argument, `indices from 0 to ${choices - 1}`, smallest < 0 ? smallest : largest);
}

function rows(call: string, x: Shape, axis: number, index: Shape): Gather {
  const [before, behind] = [x.slice(0, axis), x.slice(axis + 1)];
  const [count, inner] = [sizeOf(index), sizeOf(behind)];
  const shape = checkShape(call, 'result', [...before, ...index, ...behind]);
  const axes = [
    { size: sizeOf(before), strides: [count * inner, x[axis] * inner, 0] },
    { size: count, strides: [inner, 0, 1] },
    { size: inner, strides: [1, 1, 0] },
  ];
  return gather(shape, x[axis], inner, axes);
}

function gather(shape: Shape, choices: number, stride: number, axes: readonly Axis[]): Gather {
  const merged = mergeAxes(axes);
  // One axis at least to cut: along the dim, where x stands still, an element of dx has its sum.
  const one = { size: 1, strides: [1, 1, 0] };
  const walk = merged.length ? merged : [one];
  const divided = walk.some(movesX) ? walk : [one, ...walk];
  const cut = divided.findIndex(movesX);
  return {
    shape,
    choices,
    stride,
    forward: { table: axisTable(walk), extent: walk[0].size },
    backward: { table: axisTable(divided), cut, extent: divided[cut].size },
  };
}

const movesX = ({ strides: [, strideX] }: Axis): boolean => strideX !== 0;
