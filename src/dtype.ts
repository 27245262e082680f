/** Element types of a tensor. Kernels compute in f32 or f64; i32 holds labels and indices. */
export type DType = 'f32' | 'f64' | 'i32';

/** The element types that kernels compute in. */
export type FloatDType = 'f32' | 'f64';

export type TypedArray = Float32Array | Float64Array | Int32Array;

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;

export const isDType = (name: unknown): name is DType => typeof name === 'string' && Object.hasOwn(arrays, name);

/** The typed array class that holds a dtype's elements. */
export const arrayOf = (dtype: DType) => arrays[dtype];

/** The dtype that a typed array stands for; f32 for plain arrays. */
export function dtypeOf(values: ArrayLike<number>): DType {
  if (values instanceof Float64Array) return 'f64';
  return values instanceof Int32Array ? 'i32' : 'f32';
}
