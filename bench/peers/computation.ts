import { type Call, Refusal } from './peer.ts';
import type { Op, Operand, Problem, Sizes } from './problem.ts';

/** One call of a library in this process, and how to read what it gives. */
export interface Computation<T> {
  compute(): readonly T[] | Promise<readonly T[]>;
  /** From the library's own layouts to the problem's; outside of the time. */
  restore?(outputs: readonly T[]): readonly T[];
}

/** The problems that a library can compute, over operands that are its own tensors. */
export type Computations<T> = {
  [O in Op]?: (sizes: Sizes[O], operands: Readonly<Record<string, T>>) => Computation<T> | Promise<Computation<T>>;
};

/** What a library does with its tensors. */
export interface Tensors<T> {
  from(operand: Operand): T;
  read(tensor: T): ArrayLike<number>;
  /** Gives back what `compute` returned. */
  release(outputs: readonly T[]): void;
  dispose(operand: T): void;
}

export async function prepare<T>(
  { op, sizes, operands }: Problem,
  computations: Computations<T>,
  tensors: Tensors<T>,
  missing: string,
): Promise<Call> {
  // The table's types tie an operation to its sizes; looked up by name, they are out of TypeScript's sight.
  const make = computations[op] as ((sizes: unknown, operands: unknown) => Promise<Computation<T>>) | undefined;
  if (!make) throw new Refusal(missing);
  const own = Object.fromEntries(Object.entries(operands).map(([name, operand]) => [name, tensors.from(operand)]));
  const { compute, restore = (outputs) => outputs } = await make(sizes, own);
  return {
    async results() {
      const outputs = await compute();
      const restored = restore(outputs);
      const results = restored.map((tensor) => Float32Array.from(tensors.read(tensor)));
      if (restored !== outputs) tensors.release(restored);
      tensors.release(outputs);
      return results;
    },
    async time(calls) {
      const start = performance.now();
      for (let call = 0; call < calls; call++) {
        const outputs = compute();
        // A library that computes at once is not made to wait for the event loop.
        tensors.release(outputs instanceof Promise ? await outputs : outputs);
      }
      return performance.now() - start;
    },
    dispose: () => Object.values(own).forEach(tensors.dispose),
  };
}
