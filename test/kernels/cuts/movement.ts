// Kernels that move elements: the range counts indices of one axis of a box.

import { type Box, reversed } from '../../../src/geometry/box.ts';
import { flipBox } from '../../../src/geometry/flip.ts';
import { embeddingGeometry, type Gather, gatherGeometry, indexSelectGeometry } from '../../../src/geometry/gather.ts';
import { padBox } from '../../../src/geometry/pad.ts';
import { permuteBox } from '../../../src/geometry/permute.ts';
import { sliceBox } from '../../../src/geometry/slice.ts';
import { type Shape, sizeOf } from '../../../src/shape.ts';
import type { Draw, Given } from '../../support/cuts.ts';

function shapeOf(given: Given): number[] {
  const shape: number[] = [];
  for (let rank = given.integer(1, 4); rank > 0; rank--) {
    const size = given.size(70);
    if (sizeOf(shape) * size <= 4000) shape.push(size);
  }
  return shape.length ? shape : [1];
}

/** A box of one of the kinds there are, and the elements of x and of out. */
function boxOf(given: Given): { box: Box; x: number; out: number } {
  const shape = shapeOf(given);
  const axes = shape.map((_, axis) => axis);
  const copied = given.choice([
    () => permuteBox('test', shape, given.flag() ? [...axes].reverse() : [...axes.slice(1), 0]),
    () => flipBox('test', shape, axes.filter(() => given.flag())),
    () => padBox('test', shape, shape.flatMap(() => [given.integer(0, 2), given.integer(0, 2)])),
    () => sliceBox('test', shape, shape.map((n) => [given.integer(0, n - 1), n, given.integer(1, 3)])),
  ])(); // biome-ignore format: a kind a line
  return { box: copied.box, x: sizeOf(shape), out: sizeOf(copied.shape) };
}

/** Indices and where they pick from: for each element, for slices or for rows of a table. */
function gatherOf(given: Given): { g: Gather; x: Shape; indices: number } {
  const x = shapeOf(given);
  const dim = given.integer(0, x.length - 1);
  const count = given.size(21);
  const kind = given.choice(['gather', 'select', 'embedding']);
  if (kind === 'gather') {
    const index = x.map((n, axis) => (axis === dim ? count : given.integer(1, n)));
    return { g: gatherGeometry('test', x, dim, index), x, indices: sizeOf(index) };
  }
  if (kind === 'select') return { g: indexSelectGeometry('test', x, dim, [count]), x, indices: count };
  const table = [given.size(21), given.size(70)];
  return { g: embeddingGeometry('test', table, [2, count]), x: table, indices: 2 * count };
}

export const movement: Record<string, Draw> = {
  stridedCopy: (given) => {
    const made = boxOf(given);
    const { box, x, out } = given.flag() ? made : { box: reversed(made.box), x: made.out, out: made.x };
    const bytes = given.dtype === 'f32' ? 4 : 8;
    const from = given.input(x) + box.offsetX * bytes;
    const table = given.memory.input('i32', box.table);
    const accumulate = +given.flag();
    return {
      extent: box.extent,
      outputs: [given.added(out)],
      arguments: ([to]) => [to + box.offsetO * bytes, from, table, accumulate],
    };
  },

  gatherForward: (given) => {
    const { g, x, indices } = gatherOf(given);
    const inputs = [given.input(sizeOf(x)), given.integers(indices, 0, g.choices - 1)];
    const table = given.memory.input('i32', g.forward.table);
    return {
      extent: g.forward.extent,
      outputs: [given.output(sizeOf(g.shape))],
      arguments: ([out]) => [out, ...inputs, table, g.stride],
    };
  },

  gatherBackward: (given) => {
    const { g, x, indices } = gatherOf(given);
    const inputs = [given.input(sizeOf(g.shape)), given.integers(indices, 0, g.choices - 1)];
    const table = given.memory.input('i32', g.backward.table);
    return {
      extent: g.backward.extent,
      outputs: [given.added(sizeOf(x))],
      arguments: ([dx]) => [dx, ...inputs, table, g.stride, g.backward.cut],
    };
  },
};
