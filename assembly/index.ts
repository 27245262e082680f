// The table of contents of the wasm module. Every generic kernel named here is exported twice, as name_f32 and
// name_f64 (assembly/instantiate.mjs); a kernel without a type parameter keeps its name.
export { gemm, gemmWorkspace } from './gemm/gemm';
export { conv2dShape } from './gemm/shape';
export {
  conv2dBackwardBias,
  conv2dBackwardInput,
  conv2dBackwardWeight,
  conv2dForward,
  conv2dWorkspace,
} from './kernels/conv2d';
export { col2im, im2col } from './kernels/im2col';
export { layerNormForward, layerNormBackward, layerNormBackwardParameters } from './kernels/layernorm';
export { linearBackwardBias, linearForward } from './kernels/linear';
export { randomUniform, randomNormal } from './kernels/random';
