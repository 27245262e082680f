/**
 * The kernels alone, over tensors: for people who want only the hot loops. Every call checks its arguments, makes
 * one or two wasm calls and allocates nothing. Parameter gradients accumulate, everything else is overwritten.
 */
export type { Formula } from '../geometry/activation.ts';
export { activationBackward, activationForward, type FormulaParameters } from './activation.ts';
export { type AdamStepOptions, adamStep } from './adam.ts';
export { type BinaryWeights, bceWithLogitsBackward, bceWithLogitsForward } from './bce.ts';
export { absoluteMax, absoluteSum, clampInPlace, scaleInPlace, squareSum } from './clip.ts';
export { conv2dBackwardBias, conv2dBackwardInput, conv2dBackwardWeight, conv2dForward } from './conv2d.ts';
export {
  type CrossEntropyOptions,
  type CrossEntropySaved,
  crossEntropyBackward,
  crossEntropyForward,
} from './crossentropy.ts';
export { dropout } from './dropout.ts';
export { type GemmOptions, gemm } from './gemm.ts';
export { col2im, type Im2colOptions, im2col } from './im2col.ts';
export { layerNormBackward, layerNormForward } from './layernorm.ts';
export { linearBackwardBias, linearBackwardInput, linearBackwardWeight, linearForward } from './linear.ts';
export {
  adaptiveAvgPool2dBackward,
  adaptiveAvgPool2dForward,
  adaptiveMaxPool2dForward,
  avgPool2dBackward,
  avgPool2dForward,
  maxPool2dBackward,
  maxPool2dForward,
} from './pool2d.ts';
export {
  type ElementwiseLossOptions,
  huberBackward,
  huberForward,
  klDivBackward,
  klDivForward,
  l1Backward,
  l1Forward,
  mseBackward,
  mseForward,
  smoothL1Backward,
  smoothL1Forward,
} from './regression.ts';
export { type RMSpropStepOptions, rmspropStep } from './rmsprop.ts';
export { type SGDStepOptions, sgdStep } from './sgd.ts';
export { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from './softmax.ts';
