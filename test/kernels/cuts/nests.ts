// Kernels over operands that broadcast, and reductions: the range counts indices of one axis of a loop nest.

import { neededBy } from '../../../src/geometry/binary.ts';
import { type LoopNest, loopNest, nestWorkspace } from '../../../src/geometry/broadcast.ts';
import { maxBackwardNests, reducedShape, reduceNest, sumBackwardNest } from '../../../src/geometry/reduce.ts';
import { type Shape, sizeOf } from '../../../src/shape.ts';
import type { Draw, Given } from '../../support/cuts.ts';
import { each } from './each.ts';

const formulas = Object.keys(neededBy);
const comparisons = ['less', 'lessEqual', 'equal'];

/** A shape of up to 5 axes and about 4000 elements at most, some axes around the lanes, seldom one long one. */
function shapeOf(given: Given): number[] {
  if (given.integer(0, 7) === 0) return given.choice([[2100], [3, 1030], [1030, 3]]);
  const shape: number[] = [];
  for (let rank = given.integer(0, 5); rank > 0; rank--) {
    const size = given.size(70);
    if (sizeOf(shape) * size <= 4000) shape.push(size);
  }
  return shape;
}

/** A shape that broadcasts to `shape`: the same, with fewer axes, with axes of one element. */
function within(given: Given, shape: Shape): number[] {
  if (given.flag()) return [...shape];
  return shape.map((n) => (given.flag() ? 1 : n)).slice(given.flag() ? given.integer(0, shape.length) : 0);
}

const table = (given: Given, nest: LoopNest) => given.memory.input('i32', nest.table);
/** An operand with some elements that equal another's, for ties. */
const operand = (given: Given, shape: Shape) =>
  given.input(
    sizeOf(shape),
    given.numbers(sizeOf(shape)).map((value) => (given.flag() ? value : Math.round(value))),
  );

/** o = f of `count` operands. */
const forward = (count: number): Draw => {
  return (given) => {
    const shape = shapeOf(given);
    const shapes = Array.from({ length: count }, () => within(given, shape));
    const nest = loopNest(shape, shape, shapes[0], ...shapes.slice(1));
    const inputs = [...shapes.map((of) => operand(given, of)), table(given, nest)];
    return {
      extent: nest.extent,
      outputs: [given.output(sizeOf(shape))],
      workspace: nestWorkspace,
      arguments: ([out], workspace) => [out, ...inputs, workspace],
    };
  };
};

/** The gradient of one operand, from dout and `count` operands of which it is number `of`, or the one behind. */
const backward = (count: number, of: number): Draw => {
  return (given) => {
    const shape = shapeOf(given);
    const shapes = Array.from({ length: count }, () => within(given, shape));
    const own = shapes[of] ?? within(given, shape);
    const nest = loopNest(shape, own, shape, ...shapes);
    const inputs = [operand(given, shape), ...shapes.map((of) => operand(given, of)), table(given, nest)];
    const accumulate = given.flag();
    return {
      extent: nest.extent,
      outputs: [accumulate ? given.added(sizeOf(own)) : given.output(sizeOf(own))],
      workspace: nestWorkspace,
      arguments: ([d], workspace) => [d, ...inputs, workspace, +accumulate],
    };
  };
};

/** A shape and a reduction of some of its axes, or of all. */
function reduction(given: Given, shape: Shape = shapeOf(given)) {
  const axes = shape.map((_, axis) => axis).filter(() => given.flag());
  return { shape, reduced: reducedShape('test', shape, axes.length ? axes : undefined, true) };
}

const reduceForward = (divides: boolean): Draw => {
  return (given) => {
    const { shape, reduced } = reduction(given);
    const nest = reduceNest(shape, reduced);
    const x = operand(given, shape);
    const numbers = [...(divides ? [given.choice([1, reduced.count])] : []), table(given, nest)];
    return {
      extent: nest.extent,
      outputs: [given.output(sizeOf(reduced.kept))],
      workspace: nestWorkspace,
      arguments: ([out], workspace) => [out, x, ...numbers, workspace],
    };
  };
};

export const nests: Record<string, Draw> = {
  ...each(formulas, 'Forward', forward(2)),
  ...each(formulas, 'BackwardA', backward(2, 0)),
  ...each(formulas, 'BackwardB', backward(2, 1)),
  ...each(comparisons, 'Forward', forward(2)),
  whereForward: forward(3),
  whereBackwardA: backward(1, 1),
  whereBackwardB: backward(1, 1),
  sumForward: reduceForward(true),
  maxForward: reduceForward(false),

  sumBackward: (given) => {
    const { shape, reduced } = reduction(given);
    const nest = sumBackwardNest(shape, reduced);
    const inputs = [operand(given, reduced.kept), given.choice([1, reduced.count]), table(given, nest)];
    const accumulate = given.flag();
    return {
      extent: nest.extent,
      outputs: [accumulate ? given.added(sizeOf(shape)) : given.output(sizeOf(shape))],
      workspace: nestWorkspace,
      arguments: ([dx], workspace) => [dx, ...inputs, workspace, +accumulate],
    };
  },

  maxBackward: (given) => {
    // Seldom more than it takes at a time.
    const { shape, reduced } = given.integer(0, 7) === 0 ? reduction(given, [33, 1030]) : reduction(given);
    const { count, share } = maxBackwardNests(shape, reduced);
    const [dout, x, out] = [reduced.kept, shape, reduced.kept].map((of) => operand(given, of));
    const inputs = [dout, x, out, table(given, count), table(given, share)];
    const accumulate = given.flag();
    return {
      extent: count.extent,
      outputs: [
        accumulate ? given.added(sizeOf(shape)) : given.output(sizeOf(shape)),
        given.output(sizeOf(reduced.kept)),
      ],
      workspace: nestWorkspace,
      arguments: (outputs, workspace) => [...outputs, ...inputs, workspace, +accumulate],
    };
  },
};
