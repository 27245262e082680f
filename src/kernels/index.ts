/**
 * The kernels alone, over tensors: for people who want only the hot loops. Every call checks its arguments, makes
 * one or two wasm calls and allocates nothing. Parameter gradients accumulate, everything else is overwritten.
 */
export type { Formula } from '../geometry/activation.ts';
export { activationBackward, activationForward, type FormulaParameters } from './activation.ts';
export { conv2dBackwardBias, conv2dBackwardInput, conv2dBackwardWeight, conv2dForward } from './conv2d.ts';
export { type GemmOptions, gemm } from './gemm.ts';
export { col2im, type Im2colOptions, im2col } from './im2col.ts';
export { layerNormBackward, layerNormForward } from './layernorm.ts';
export { linearBackwardBias, linearBackwardInput, linearBackwardWeight, linearForward } from './linear.ts';
export { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from './softmax.ts';
