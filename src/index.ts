export { Core, type CoreOptions, createCore, init } from './core/core.ts';
export { type MemoryStats, OutOfMemoryError } from './core/heap.ts';
export type { DType, FloatDType, TypedArray } from './dtype.ts';
export type { AvgPool2dWindow, MaxPool2dWindow, OutputSize } from './geometry/pool2d.ts';
export type { Range } from './geometry/slice.ts';
export {
  type CheckableLoss,
  type GradCheckInput,
  type GradCheckOptions,
  type GradCheckResult,
  gradCheck,
} from './gradcheck.ts';
export {
  elu,
  erf,
  exp,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  log,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from './graph/activation-gates.ts';
export {
  abs,
  add,
  clamp,
  div,
  eq,
  ge,
  gt,
  le,
  lt,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  pow,
  type ReduceOptions,
  reciprocal,
  sqrt,
  square,
  sub,
  sum,
  where,
} from './graph/gates.ts';
export { type Build, Graph, type GraphMemory, type GraphOptions } from './graph/graph.ts';
export type { Operand } from './graph/node.ts';
export { Residual, type ResidualOptions } from './graph/residual.ts';
export {
  concat,
  embedding,
  flip,
  gather,
  indexSelect,
  matmul,
  pad,
  permute,
  reshape,
  slice,
  split,
  transpose,
} from './graph/shape-gates.ts';
export type { TracedNode } from './graph/traced-node.ts';
export type { UpstreamGradient } from './graph/upstream.ts';
export { AdaptiveAvgPool2d } from './layers/adaptiveavgpool2d.ts';
export { AdaptiveMaxPool2d } from './layers/adaptivemaxpool2d.ts';
export { AvgPool2d, type AvgPool2dOptions } from './layers/avgpool2d.ts';
export { Conv2d, type Conv2dLayerOptions } from './layers/conv2d.ts';
export { Dropout } from './layers/dropout.ts';
export { ELU } from './layers/elu.ts';
export { Exp } from './layers/exp.ts';
export { Flatten } from './layers/flatten.ts';
export { GELU, type GELUOptions } from './layers/gelu.ts';
export { Hardsigmoid } from './layers/hardsigmoid.ts';
export { Hardswish } from './layers/hardswish.ts';
export { Hardtanh } from './layers/hardtanh.ts';
export { type Flow, type InputGradients, Layer, type LayerOptions, type Upstream } from './layers/layer.ts';
export { LayerNorm, type LayerNormOptions } from './layers/layernorm.ts';
export { LeakyReLU } from './layers/leakyrelu.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export { Log } from './layers/log.ts';
export { LogSigmoid } from './layers/logsigmoid.ts';
export { LogSoftmax } from './layers/logsoftmax.ts';
export { MaxPool2d, type MaxPool2dOptions } from './layers/maxpool2d.ts';
export { Mish } from './layers/mish.ts';
export { ReLU } from './layers/relu.ts';
export { ReLU6 } from './layers/relu6.ts';
export { SELU } from './layers/selu.ts';
export { Sequential } from './layers/sequential.ts';
export { Sigmoid } from './layers/sigmoid.ts';
export { SiLU } from './layers/silu.ts';
export { Softmax } from './layers/softmax.ts';
export { Softplus } from './layers/softplus.ts';
export { Softsign } from './layers/softsign.ts';
export { Tanh } from './layers/tanh.ts';
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
export type { Application, Gradients, Node, Operation, Placement, Site, TensorSpec } from './operation.ts';
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
