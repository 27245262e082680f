import { checkNumber, checkOneOf, checkOptions, reject, show } from './check.ts';
import { type Core, coreOf } from './core/core.ts';
import { Storage } from './core/storage.ts';
import { arrayOf, type DType, dtypeOf, type FloatDType, isDType, type TypedArray } from './dtype.ts';
import { checkShape, inferredShape, type Shape, sizeOf } from './shape.ts';

export interface TensorOptions {
  /** Element type; by default f32, or what a typed array of values stands for. */
  dtype?: DType;
  /** The core that the tensor lives on; by default the one of `init()`. */
  core?: Core;
}

// Safari before 2026 has no Symbol.dispose; a registered symbol keeps the class loadable there.
const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/**
 * Numbers in the linear memory of a core, in row-major order: what layers and kernels work on.
 *
 * A tensor that you make is yours: `dispose()` gives its memory back at once, and a dropped one is collected
 * some time later. A tensor that a layer returns belongs to the layer.
 */
export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The number of elements. */
  readonly size: number;
  private readonly storage: Storage;
  /** Where the elements begin in the storage, in bytes. */
  private readonly offset: number;
  private view: TypedArray | undefined;
  private disposed = false;

  /** @internal Use `Tensor.from`, `zeros`, …; the tensor takes over one holder of `storage`. */
  constructor(storage: Storage, shape: Shape, dtype: DType, offset = 0) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
  }

  /** @internal Memory for a tensor; its contents are undefined. */
  static empty(core: Core, shape: Shape, dtype: DType): Tensor {
    return new Tensor(new Storage(core, sizeOf(shape) * arrayOf(dtype).BYTES_PER_ELEMENT), shape, dtype);
  }

  /**
   * A tensor holding a copy of `values`, in row-major order; they may be another tensor's `data`.
   * @param shape by default `[values.length]`
   * @throws when the count does not fit the shape, or an i32 value is not a whole number of 32 bits
   */
  static from(values: ArrayLike<number>, shape?: Shape, options: TensorOptions = {}): Tensor {
    if (typeof values?.length !== 'number' || typeof values === 'string') {
      reject('Tensor.from', 'values', 'an array of numbers', values, TypeError);
    }
    const { length, byteOffset } = values as TypedArray;
    const made = create('Tensor.from', shape ?? [length], options, dtypeOf(values), (tensor) => {
      checkValues('Tensor.from', tensor, values);
    });
    // Where memory grew for the tensor, a view of it is detached, and empty; its elements are where they were.
    const isDetached = values.length !== length;
    const View = values.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => TypedArray;
    made.data.set(isDetached ? new View(made.core.memory.buffer, byteOffset, length) : values);
    return made;
  }

  /** A tensor of zeros. */
  static zeros(shape: Shape, options: TensorOptions = {}): Tensor {
    return create('Tensor.zeros', shape, options).fill(0);
  }

  /** A tensor of ones. */
  static ones(shape: Shape, options: TensorOptions = {}): Tensor {
    return create('Tensor.ones', shape, options).fill(1);
  }

  /** A tensor with every element `value`. */
  static full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
    const checked = (tensor: { dtype: DType; size: number }) => checkValues('Tensor.full', tensor, [value], 1);
    return create('Tensor.full', shape, options, 'f32', checked).fill(value);
  }

  /** A tensor of independent normal numbers. */
  static randn(shape: Shape, options: TensorOptions & { mean?: number; std?: number } = {}): Tensor {
    const { mean = 0, std = 1, ...rest } = options;
    checkNumber('Tensor.randn', 'mean', mean);
    checkNumber('Tensor.randn', 'std', std, 0);
    const made = create('Tensor.randn', shape, rest, 'f32', ({ dtype }) => checkFloat('Tensor.randn', dtype));
    return made.fillNormal(mean, std);
  }

  /** A tensor of independent numbers, uniform in [low, high). */
  static rand(shape: Shape, options: TensorOptions & { low?: number; high?: number } = {}): Tensor {
    const { low = 0, high = 1, ...rest } = options;
    checkNumber('Tensor.rand', 'low', low);
    checkNumber('Tensor.rand', 'high', high, low);
    const made = create('Tensor.rand', shape, rest, 'f32', ({ dtype }) => checkFloat('Tensor.rand', dtype));
    return made.fillUniform(low, high);
  }

  get core(): Core {
    return this.storage.core;
  }

  /** @internal The address of the first element, for kernels. Throws when the tensor was disposed. */
  get address(): number {
    if (this.disposed || this.storage.address === 0) throw new Error(`Tensor ${show(this.shape)} was disposed`);
    return this.storage.address + this.offset;
  }

  /** @internal Whether the elements lie in that block. */
  isPartOf(storage: Storage): boolean {
    return this.storage === storage;
  }

  /** Whether the memory was given back: by `dispose()`, or by the layer that owned the tensor. */
  get isDisposed(): boolean {
    return this.disposed || this.storage.address === 0;
  }

  /**
   * The elements, in place: a view of linear memory, to read and to write. Take it anew after making tensors or
   * calling layers, since growing memory detaches every view.
   */
  get data(): TypedArray {
    const { address } = this;
    if (this.view?.buffer !== this.core.memory.buffer) {
      this.view = new (arrayOf(this.dtype))(this.core.memory.buffer, address, this.size);
    }
    return this.view as TypedArray;
  }

  /** Overwrites all elements. */
  set(values: ArrayLike<number>): this {
    const { data } = this;
    checkValues('Tensor.set', this, values);
    data.set(values);
    return this;
  }

  /** Overwrites all elements with one value. */
  fill(value: number): this {
    const { data } = this;
    checkValues('Tensor.fill', this, [value], 1);
    if (this.dtype === 'i32') data.fill(value);
    else this.refill(value);
    return this;
  }

  /** @internal The same without a check, for floats; JavaScript's own fill takes ten times as long where memory is shared (measured). */
  refill(value: number): void {
    this.core.kernels[this.dtype as FloatDType].fill(this.address, value, 0, this.size);
  }

  /** Overwrites all elements with independent numbers, uniform in [low, high). */
  fillUniform(low = 0, high = 1): this {
    checkNumber('Tensor.fillUniform', 'low', low);
    checkNumber('Tensor.fillUniform', 'high', high, low);
    const { address, core, size } = this;
    const { randomUniform } = core.kernels[checkFloat('Tensor.fillUniform', this.dtype)];
    randomUniform(address, low, high, core.random.seed, core.random.take(size), 0, size);
    return this;
  }

  /** Overwrites all elements with independent normal numbers. */
  fillNormal(mean = 0, std = 1): this {
    checkNumber('Tensor.fillNormal', 'mean', mean);
    checkNumber('Tensor.fillNormal', 'std', std, 0);
    const { address, core, size } = this;
    const { randomNormal } = core.kernels[checkFloat('Tensor.fillNormal', this.dtype)];
    // Normal numbers come in pairs, so an odd count takes one draw more.
    randomNormal(address, mean, std, core.random.seed, core.random.take(size + (size & 1)), 0, size);
    return this;
  }

  /** A copy of the elements on the JavaScript side. */
  toArray(): TypedArray {
    return this.data.slice();
  }

  /** A tensor of its own memory with the same contents. */
  clone(): Tensor {
    const { address, core, dtype, size } = this;
    const copy = Tensor.empty(core, this.shape, dtype);
    // Whole numbers are copied as floats of as many bytes are.
    core.kernels[dtype === 'i32' ? 'f32' : dtype].copyElements(copy.address, address, 0, size);
    return copy;
  }

  /** The same memory under another shape of as many elements; one size may be −1, to be found. */
  reshape(shape: Shape): Tensor {
    if (this.isDisposed) throw new Error(`Tensor ${show(this.shape)} was disposed`);
    const resolved = inferredShape('Tensor.reshape', shape, this.shape);
    this.storage.retain();
    return new Tensor(this.storage, resolved, this.dtype, this.offset);
  }

  /** Gives the memory back, once no view of it is left. Disposing twice is fine; any other use throws. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.view = undefined;
    this.storage.release();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

function create(
  call: string,
  shape: Shape,
  options: TensorOptions,
  fallback: DType = 'f32',
  check: (tensor: { dtype: DType; size: number }) => unknown = () => {},
): Tensor {
  checkOptions(call, options, ['dtype', 'core']);
  const dtype = options.dtype ?? fallback;
  if (!isDType(dtype)) checkOneOf(call, 'dtype', dtype, ['f32', 'f64', 'i32']);
  checkShape(call, 'shape', shape);
  check({ dtype, size: sizeOf(shape) });
  return Tensor.empty(coreOf(call, options.core), Object.freeze([...shape]), dtype);
}

function checkFloat(call: string, dtype: DType): FloatDType {
  return dtype === 'i32' ? reject(call, 'dtype', "'f32' or 'f64'", dtype, TypeError) : dtype;
}

function checkValues(
  call: string,
  { dtype, size }: { dtype: DType; size: number },
  values: ArrayLike<number>,
  expected = size,
): void {
  if (typeof values?.length !== 'number') reject(call, 'values', 'an array of numbers', values, TypeError);
  if (values.length !== expected) reject(call, 'values', `${expected} numbers`, `${values.length}`);
  if (dtype === 'i32' && !(values instanceof Int32Array)) {
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== (values[i] | 0)) reject(call, `values[${i}]`, 'a whole number of 32 bits', values[i]);
    }
  } else if (!ArrayBuffer.isView(values)) {
    for (let i = 0; i < values.length; i++) {
      if (typeof values[i] !== 'number') reject(call, `values[${i}]`, 'a number', values[i], TypeError);
    }
  }
}
