export { Core, type CoreOptions, createCore, init } from './core/core.ts';
export { type MemoryStats, OutOfMemoryError } from './core/heap.ts';
export type { DType, FloatDType, TypedArray } from './dtype.ts';
export { Conv2d, type Conv2dLayerOptions } from './layers/conv2d.ts';
export { Dropout } from './layers/dropout.ts';
export { Flatten } from './layers/flatten.ts';
export { type Flow, type InputGradients, Layer, type LayerOptions, type Upstream } from './layers/layer.ts';
export { LayerNorm, type LayerNormOptions } from './layers/layernorm.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export { Sequential } from './layers/sequential.ts';
export { Adam, type AdamOptions, type AdamSettings } from './optim/adam.ts';
export { AdamW } from './optim/adamw.ts';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './optim/clip.ts';
export {
  type Group,
  type GroupOptions,
  Optimizer,
  type OptimizerSettings,
  type OptimizerState,
  type ParameterList,
} from './optim/optimizer.ts';
export type { ParameterSource } from './optim/parameter-list.ts';
export { RMSprop, type RMSpropOptions, type RMSpropSettings } from './optim/rmsprop.ts';
export { SGD, type SGDOptions, type SGDSettings } from './optim/sgd.ts';
export { Parameter } from './parameter.ts';
export { manualSeed, randperm } from './random.ts';
export { loadSafetensors, saveSafetensors } from './safetensors/safetensors.ts';
export type { Shape, Size2d } from './shape.ts';
export { Tensor, type TensorOptions } from './tensor.ts';
