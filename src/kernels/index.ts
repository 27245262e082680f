/**
 * The kernels alone, over tensors: for people who want only the hot loops. Every call checks its arguments, makes
 * one or two wasm calls and allocates nothing. Parameter gradients accumulate, everything else is overwritten.
 */
export { type BinaryWeights, bceWithLogitsBackward, bceWithLogitsForward } from './bce.ts';
export {
  type CrossEntropyOptions,
  type CrossEntropySaved,
  crossEntropyBackward,
  crossEntropyForward,
} from './crossentropy.ts';
export { layerNormBackward, layerNormForward } from './layernorm.ts';
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
