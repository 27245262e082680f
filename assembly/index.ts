// The table of contents of the wasm module. Every generic kernel named here is exported twice, as name_f32 and
// name_f64 (assembly/instantiate.mjs); a kernel without a type parameter keeps its name.
export { layerNormForward, layerNormBackward, layerNormBackwardParameters } from './kernels/layernorm';
export { randomUniform, randomNormal } from './kernels/random';
