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
  const ofType = (suffix: string) =>
    Object.fromEntries(
      Object.entries(exports)
        .filter(([name]) => name.endsWith(suffix) || !/_f(32|64)$/.test(name))
        .map(([name, kernel]) => [name.endsWith(suffix) ? name.slice(0, -suffix.length) : name, kernel]),
    );
  return { f32: ofType('_f32'), f64: ofType('_f64') } as { [D in FloatDType]: Kernels<D> };
}

/** Whether a module is a build with threads. */
export const isThreaded = (module: WebAssembly.Module): boolean =>
  WebAssembly.Module.exports(module).some(({ name }) => name === 'serve');
