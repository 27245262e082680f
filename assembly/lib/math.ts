// Elementary functions of vectors, for f32 and f64: each file derives its own and states its error. What is
// measured over the whole range of floats is in docs/measurements.md.
export { exp, expm1, expOfNegative, sigmoid } from './exp';
export { log, log1p } from './log';
export { tanh } from './tanh';
export { erf, normalBell, normalCdf } from './erf';
