/** Element types of a tensor. Kernels compute in f32 or f64; i32 holds labels and indices. */
export type DType = 'f32' | 'f64' | 'i32';

/** The element types that kernels compute in. */
export type FloatDType = 'f32' | 'f64';

/**
 * What Float32Array, Float64Array and Int32Array have in common. (Of their union TypeScript could call neither
 * `map` nor `reduce`.)
 */
export interface TypedArray extends ArrayBufferView, Iterable<number> {
  readonly BYTES_PER_ELEMENT: number;
  readonly length: number;
  [index: number]: number;
  at(index: number): number | undefined;
  entries(): IterableIterator<[index: number, value: number]>;
  every(predicate: (value: number, index: number) => unknown): boolean;
  fill(value: number, start?: number, end?: number): this;
  find(predicate: (value: number, index: number) => boolean): number | undefined;
  findIndex(predicate: (value: number, index: number) => boolean): number;
  forEach(visit: (value: number, index: number) => void): void;
  includes(value: number): boolean;
  indexOf(value: number): number;
  join(separator?: string): string;
  map(of: (value: number, index: number) => number): TypedArray;
  reduce(step: (accumulated: number, value: number, index: number) => number): number;
  reduce<T>(step: (accumulated: T, value: number, index: number) => T, initial: T): T;
  set(values: ArrayLike<number>, offset?: number): void;
  slice(start?: number, end?: number): TypedArray;
  some(predicate: (value: number, index: number) => unknown): boolean;
  subarray(start?: number, end?: number): TypedArray;
}

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;

export const isDType = (name: unknown): name is DType => typeof name === 'string' && Object.hasOwn(arrays, name);

/** The typed array class that holds a dtype's elements. */
export const arrayOf = (dtype: DType) => arrays[dtype];

/** The dtype that a typed array stands for; f32 for plain arrays. */
export function dtypeOf(values: ArrayLike<number>): DType {
  if (values instanceof Float64Array) return 'f64';
  return values instanceof Int32Array ? 'i32' : 'f32';
}
