import type { FloatDType } from '../dtype.ts';
import type { KernelExports } from '../wasm/exports.ts';

type Suffixed = `${string}_${FloatDType}`;

/** The kernels of one element type: the exports named `kernel_f32` (or `_f64`) as `kernel`, and those of no type. */
export type Kernels<D extends FloatDType> = {
  readonly [Name in keyof KernelExports as Name extends `${infer Kernel}_${D}`
    ? Kernel
    : Name extends Suffixed
      ? never
      : Name]: KernelExports[Name];
};

/** A module's kernels by element type: those for f64 are in its table, in the order of the names of those for f32. */
export function kernelsOf({ exports }: WebAssembly.Instance): { [D in FloatDType]: Kernels<D> } {
  const f32: WebAssembly.Exports = {};
  const f64: WebAssembly.Exports = {};
  const table = exports.table as WebAssembly.Table;
  let entry = 0;
  // A plain loop: functions for each of the 300 names took a tenth of init() (measured).
  for (const name in exports) {
    const kernel = name.replace(/_f32$/, '');
    f32[kernel] = exports[name];
    f64[kernel] = kernel === name ? exports[name] : table.get(entry++);
  }
  return { f32, f64 } as unknown as { [D in FloatDType]: Kernels<D> };
}

/** Whether a module is a build with threads. */
export const isThreaded = (module: WebAssembly.Module): boolean =>
  WebAssembly.Module.exports(module).some(({ name }) => name === 'serve');
