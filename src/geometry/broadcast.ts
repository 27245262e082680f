import { reject, show } from '../check.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { mergeAxes, stridesOf } from './axes.ts';

/** Bytes of workspace that a kernel over a loop nest writes; each thread needs its own. */
export const nestWorkspace = 256;

/**
 * The loops of a kernel over up to four tensors that broadcast to one shape: the output o and the inputs p, q, r.
 */
export interface LoopNest {
  /**
   * What the kernel reads, as i32 in linear memory: rank, split, then of each axis, outermost first, its size and
   * the strides of o, p, q and r along it in elements, 0 where an operand stands still (assembly/lib/broadcast.ts).
   */
  readonly table: readonly number[];
  /** The size of the axis `split`: `end` of the whole work. The kernel may be called on any parts of [0, extent). */
  readonly extent: number;
}

/**
 * The shape that all of `shapes` broadcast to by NumPy's rules: axes match from the last one on, and a size of 1 or
 * an absent axis repeats.
 * @param names what the arguments of `call` are called
 */
export function broadcastShape(call: string, names: readonly string[], shapes: readonly Shape[]): Shape {
  const common = commonShape(shapes);
  if (!common) throw new RangeError(`${call}: shapes ${listed(shapes.map(show))} do not broadcast`);
  if (sizeOf(common) > 2 ** 31 - 1) {
    reject(call, listed(names), 'shapes that broadcast to at most 2^31 − 1 elements', common);
  }
  return Object.freeze(common);
}

/** The same, or undefined where they do not fit. */
export function commonShape(shapes: readonly Shape[]): number[] | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const common: number[] = new Array(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    for (let i = 0; i < shape.length; i++) {
      const size = common[lead + i];
      if (size === 1) common[lead + i] = shape[i];
      else if (shape[i] !== 1 && shape[i] !== size) return undefined;
    }
  }
  return common;
}

/**
 * The loops over `shape` for operands that broadcast to it. Gradients and reductions have an o that is smaller than
 * `shape`. An operand that a kernel does not use is given p's address, so its shape is p's, which is the default.
 */
export const loopNest = (shape: Shape, o: Shape, p: Shape, q: Shape = p, r: Shape = p): LoopNest =>
  loopNestAlong(o, shape, [o, p, q, r]);

/** The same with `split` an axis of `owner`, for the nests of one kernel that are cut alike. */
export function loopNestAlong(owner: Shape, shape: Shape, operands: readonly Shape[]): LoopNest {
  const strides = [owner, ...operands].map((operand) => stridesIn(shape, operand));
  const axes = mergeAxes(shape.map((size, i) => ({ size, strides: strides.map((of) => of[i]) })));
  let split = axes.findIndex((axis) => axis.strides[0] > 0);
  if (split < 0) {
    // One element: an axis of size 1, which cannot be cut.
    axes.unshift({ size: 1, strides: [owner, ...operands].map(() => 1) });
    split = 0;
  }
  const table = [axes.length, split, ...axes.flatMap(({ size, strides: [, ...operands] }) => [size, ...operands])];
  return { table, extent: axes[split].size };
}

/** How far each index of `shape` moves in a row-major operand that broadcasts to it. */
function stridesIn(shape: Shape, operand: Shape): number[] {
  const lead = shape.length - operand.length;
  const own = stridesOf(operand);
  return shape.map((_, i) => (i >= lead && operand[i - lead] > 1 ? own[i - lead] : 0));
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
