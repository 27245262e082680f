/**
 * The kernels alone, over tensors: for people who want only the hot loops. Every call checks its arguments, makes
 * one or two wasm calls and allocates nothing. Parameter gradients accumulate, everything else is overwritten.
 */
export { conv2dBackwardBias, conv2dBackwardInput, conv2dBackwardWeight, conv2dForward } from './conv2d.ts';
export { type GemmOptions, gemm } from './gemm.ts';
export { col2im, type Im2colOptions, im2col } from './im2col.ts';
export { layerNormBackward, layerNormForward } from './layernorm.ts';
