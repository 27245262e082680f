export { Core, type CoreOptions, createCore, init } from './core/core.ts';
export { type MemoryStats, OutOfMemoryError } from './core/heap.ts';
export type { DType, FloatDType, TypedArray } from './dtype.ts';
export {
  type CheckableLoss,
  type GradCheckInput,
  type GradCheckOptions,
  type GradCheckResult,
  gradCheck,
} from './gradcheck.ts';
export { Conv2d, type Conv2dLayerOptions } from './layers/conv2d.ts';
export { type Flow, type InputGradients, Layer, type LayerOptions, type Upstream } from './layers/layer.ts';
export { LayerNorm, type LayerNormOptions } from './layers/layernorm.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export { Sequential } from './layers/sequential.ts';
export { Parameter } from './parameter.ts';
export { manualSeed, randperm } from './random.ts';
export type { Shape, Size2d } from './shape.ts';
export { Tensor, type TensorOptions } from './tensor.ts';
