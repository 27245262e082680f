/**
 * The kernels alone, over tensors: for people who want only the hot loops. Every call checks its arguments, makes
 * one or two wasm calls and allocates nothing. Parameter gradients accumulate, everything else is overwritten.
 */
export { layerNormBackward, layerNormForward } from './layernorm.ts';
