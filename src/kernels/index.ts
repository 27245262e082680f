/**
 * The kernels alone, over tensors: for people who want only the hot loops. Every call checks its arguments, makes
 * one or two wasm calls and allocates nothing. Parameter gradients accumulate, everything else is overwritten.
 */
export { layerNormBackward, layerNormForward } from './layernorm.ts';
export {
  adaptiveAvgPool2dBackward,
  adaptiveAvgPool2dForward,
  adaptiveMaxPool2dForward,
  avgPool2dBackward,
  avgPool2dForward,
  maxPool2dBackward,
  maxPool2dForward,
} from './pool2d.ts';
