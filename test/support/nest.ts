import fc from 'fast-check';
import { type LoopNest, nestWorkspace } from '../../src/geometry/broadcast.ts';
import type { Guarded } from './guarded.ts';

/** The addresses that a kernel over a loop nest takes, and how the work is cut: in two where it can be. */
export function placed(memory: Guarded, nest: LoopNest, cut = nest.extent >> 1) {
  return {
    axes: memory.input('i32', nest.table),
    workspace: memory.workspace(nestWorkspace),
    parts: [[0, cut] as const, [cut, nest.extent] as const],
  };
}

/** `count` shapes that broadcast to one, up to rank 5 with short and long axes. */
export const broadcastableShapes = (count: number): fc.Arbitrary<number[][]> =>
  fc
    .array(fc.constantFrom(1, 2, 3, 4, 5, 7, 9), { maxLength: 5 })
    .chain((shape) =>
      fc.tuple(
        ...Array.from({ length: count }, () =>
          fc
            .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
            .map(([lead, broadcast]) => shape.map((n, i) => (broadcast[i] ? 1 : n)).slice(lead)),
        ),
      ),
    );
