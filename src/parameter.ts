import { reject } from './check.ts';
import type { Core } from './core/core.ts';
import { Storage } from './core/storage.ts';
import { arrayOf, type FloatDType } from './dtype.ts';
import { type Shape, sizeOf } from './shape.ts';
import { Tensor, type TensorOptions } from './tensor.ts';

/** A tensor that training changes, with the gradient that backward passes add to. */
export class Parameter extends Tensor {
  declare readonly dtype: FloatDType;
  private gradient: Tensor | undefined;

  /** @internal Layers make their parameters; contents are undefined until filled. */
  constructor(core: Core, shape: Shape, dtype: FloatDType) {
    super(new Storage(core, sizeOf(shape) * arrayOf(dtype).BYTES_PER_ELEMENT), Object.freeze([...shape]), dtype);
  }

  /** A parameter of your own, for a `Graph`, holding a copy of `values`; arguments as `Tensor.from`. */
  static override from(values: ArrayLike<number>, shape?: Shape, options: TensorOptions = {}): Parameter {
    const { dtype = values instanceof Float64Array ? 'f64' : 'f32' } = options;
    if (dtype === 'i32') return reject('Parameter.from', 'dtype', "'f32' or 'f64'", dtype, TypeError);
    const given = Tensor.from(values, shape, { ...options, dtype });
    const parameter = new Parameter(given.core, given.shape, dtype);
    parameter.data.set(given.data);
    given.dispose();
    return parameter;
  }

  /** ∂loss/∂parameter, summed over the backward passes since `zeroGrad()`. Made, as zeros, when first asked for. */
  get grad(): Tensor {
    if (!this.gradient || this.gradient.isDisposed) {
      this.gradient = Tensor.zeros(this.shape, { dtype: this.dtype, core: this.core });
    }
    return this.gradient;
  }

  /** Whether a backward pass, or a look at `grad`, has made a gradient (PyTorch: `grad is not None`). */
  get hasGrad(): boolean {
    return this.gradient !== undefined && !this.gradient.isDisposed;
  }

  /** Sets the gradient to zero. */
  zeroGrad(): void {
    if (this.hasGrad) this.grad.refill(0);
  }

  /** @internal Back to the state before any backward pass: no gradient. */
  dropGrad(): void {
    this.gradient?.dispose();
    this.gradient = undefined;
  }

  override dispose(): void {
    this.gradient?.dispose();
    super.dispose();
  }
}
