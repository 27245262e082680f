// The table of contents of the wasm module. Every generic kernel named here is there twice, as name_f32 and name_f64
// (assembly/instantiate.mjs), the latter in the table (assembly/tabulate.mjs); a kernel without a type parameter keeps its
// name. Of a class, each of its file's loops becomes a kernel: Relu is reluForward_f32, reluBackward_f32 and the same for f64.
export { gemm, gemmLines, gemmWorkspace } from './gemm/gemm';
export { conv2dShape } from './gemm/shape';
export {
  Elu, Erf, Exp, Gelu, GeluTanh, Hardsigmoid, Hardswish, Hardtanh, LeakyRelu, Log, LogSigmoid, Mish, Relu, Selu,
  Sigmoid, Silu, Softplus, Softsign, Tanh,
} from './kernels/activation';
export { adamStep } from './kernels/adam';
export {
  adaptiveAvgPool2dBackward, adaptiveAvgPool2dForward, avgPool2dBackward, avgPool2dForward,
  avgPool2dWorkspace,
} from './kernels/avgpool2d';
export { Bce, BceWithLogits } from './kernels/bce';
export { conv2dBackwardBias, linearBackwardBias } from './kernels/bias';
export { Add, Div, Maximum, Minimum, Mul, Pow, Sub } from './kernels/binary';
export { absoluteMax, absoluteSum, clampInPlace, scaleInPlace, squareSum } from './kernels/clip';
export { Equal, Less, LessEqual } from './kernels/compare';
export {
  conv2dBackwardInput,
  conv2dBackwardWeight,
  conv2dForward,
  conv2dWorkspace,
} from './kernels/conv2d';
export { fromInt } from './kernels/convert';
export { stridedCopy } from './kernels/copy';
export {
  crossEntropyForward, crossEntropyBackward, crossEntropySoftForward, crossEntropySoftBackward,
  nllForward, nllBackward,
} from './kernels/crossentropy';
export {
  depthwiseBackwardInput, depthwiseBackwardWeight, depthwiseForward, depthwiseWorkspace,
} from './kernels/depthwise';
export { dropout } from './kernels/dropout';
export { accumulate, copyElements } from './kernels/fan';
export { gatherBackward, gatherForward, largestIndex, smallestIndex } from './kernels/gather';
export { col2im, im2col } from './kernels/im2col';
export { layerNormForward, layerNormBackward } from './kernels/layernorm';
export { linearForward } from './kernels/linear';
export { matmul } from './kernels/matmul';
export { adaptiveMaxPool2dForward, maxPool2dBackward, maxPool2dForward } from './kernels/maxpool2d';
export { randomUniform, randomNormal } from './kernels/random';
export { maxBackward, maxForward, sumBackward, sumForward } from './kernels/reduce';
export { Huber, KlDiv, KlDivLog, L1, Mse, SmoothL1 } from './kernels/regression';
export { rmspropStep } from './kernels/rmsprop';
export { sgdStep } from './kernels/sgd';
export { softmaxForward, softmaxBackward, logSoftmaxForward, logSoftmaxBackward } from './kernels/softmax';
export { total } from './kernels/sum';
export { Abs, Clamp, Neg, Reciprocal, Sqrt, Square } from './kernels/unary';
export { whereBackwardA, whereBackwardB, whereForward } from './kernels/where';
export {
  winogradBackwardInput, winogradBackwardWeight, winogradForward, winogradWorkspace,
} from './kernels/winograd';
export { fill } from './lib/rows';
