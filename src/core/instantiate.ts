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

/** A module's exports by element type. */
export function kernelsOf({ exports }: WebAssembly.Instance): { [D in FloatDType]: Kernels<D> } {
  const f32: WebAssembly.Exports = {};
  const f64: WebAssembly.Exports = {};
  // A plain loop: functions for each of the 300 names took a tenth of init() (measured).
  for (const name in exports) {
    const kernel = name.replace(/_f(32|64)$/, '');
    if (!name.endsWith('_f64')) f32[kernel] = exports[name];
    if (!name.endsWith('_f32')) f64[kernel] = exports[name];
  }
  return { f32, f64 } as unknown as { [D in FloatDType]: Kernels<D> };
}

/** Whether a module is a build with threads. */
export const isThreaded = (module: WebAssembly.Module): boolean =>
  WebAssembly.Module.exports(module).some(({ name }) => name === 'serve');
