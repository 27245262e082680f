import type { FloatDType } from '../dtype.ts';
import type { KernelExports } from '../wasm/exports.ts';

/** The kernels of one element type: the module's exports whose names end in `_f32` (or `_f64`), without that ending. */
export type Kernels<D extends FloatDType> = {
  readonly [Name in keyof KernelExports as Name extends `${infer Kernel}_${D}` ? Kernel : never]: KernelExports[Name];
};

/** Instantiates the module over `memory` and sorts its exports by element type. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): { [D in FloatDType]: Kernels<D> } {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const ofType = (suffix: string) =>
    Object.fromEntries(
      Object.entries(exports)
        .filter(([name]) => name.endsWith(suffix))
        .map(([name, kernel]) => [name.slice(0, -suffix.length), kernel]),
    );
  return { f32: ofType('_f32'), f64: ofType('_f64') } as { [D in FloatDType]: Kernels<D> };
}
