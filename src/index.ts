export { Core, type CoreOptions, createCore, init } from './core/core.ts';
export { type MemoryStats, OutOfMemoryError } from './core/heap.ts';
export type { DType, FloatDType, TypedArray } from './dtype.ts';
export { type Flow, type InputGradients, Layer, type LayerOptions, type Upstream } from './layers/layer.ts';
export { LayerNorm, type LayerNormOptions } from './layers/layernorm.ts';
export { Sequential } from './layers/sequential.ts';
export {
  BCELoss,
  type BCELossOptions,
  BCEWithLogitsLoss,
  type BCEWithLogitsLossOptions,
} from './losses/bce.ts';
export { CrossEntropyLoss, type CrossEntropyLossOptions } from './losses/crossentropy.ts';
export { HuberLoss, type HuberLossOptions } from './losses/huber.ts';
export { KLDivLoss, type KLDivLossOptions } from './losses/kldiv.ts';
export { L1Loss } from './losses/l1.ts';
export { Loss, type LossOptions, type LossValue, type Reduction } from './losses/loss.ts';
export { MSELoss } from './losses/mse.ts';
export { NLLLoss, type NLLLossOptions } from './losses/nll.ts';
export { SmoothL1Loss, type SmoothL1LossOptions } from './losses/smoothl1.ts';
export { Parameter } from './parameter.ts';
export { manualSeed, randperm } from './random.ts';
export type { Shape, Size2d } from './shape.ts';
export { Tensor, type TensorOptions } from './tensor.ts';
