import { checkNumber } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import { blocksOf, sumBlock } from '../geometry/loss.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

/** The parameters that some of these losses have: Huber's `delta`, smooth L1's `beta` (default 1 both). */
export interface ElementwiseLossOptions {
  delta?: number;
  beta?: number;
}

type Formula = 'mse' | 'l1' | 'huber' | 'smoothL1' | 'klDiv';

/**
 * Returns Σ l(x, t) and writes each element's loss to `out`, unless that is null.
 * @param x, target, out all of one shape; out is overwritten
 */
type ElementwiseForward = (x: Tensor, target: Tensor, out?: Tensor | null, options?: ElementwiseLossOptions) => number;

/**
 * dx = scale·dout∘∂l/∂x; a null dout is 1.
 * @param x, target, dout, dx all of one shape; dx is overwritten
 */
type ElementwiseBackward = (
  dout: Tensor | null,
  x: Tensor,
  target: Tensor,
  dx: Tensor,
  options?: ElementwiseLossOptions & { scale?: number },
) => void;

/** Squared error (x − t)². */
export const mseForward = forward('mse');
export const mseBackward = backward('mse');
/** Absolute error |x − t|. */
export const l1Forward = forward('l1');
export const l1Backward = backward('l1');
/** ½d² for |d| ≤ delta, delta·(|d| − ½delta) beyond, d = x − t. */
export const huberForward = forward('huber', 'delta');
export const huberBackward = backward('huber', 'delta');
/** ½d²/beta for |d| < beta, |d| − ½beta beyond, d = x − t. */
export const smoothL1Forward = forward('smoothL1', 'beta');
export const smoothL1Backward = backward('smoothL1', 'beta');
/** t·(log t − x) of log-probabilities x and probabilities t. */
export const klDivForward = forward('klDiv');
export const klDivBackward = backward('klDiv');

function forward(formula: Formula, parameter?: 'delta' | 'beta'): ElementwiseForward {
  const call = `${formula}Forward` as const;
  return (x, target, out = null, options = {}) => {
    const { kernels, same } = floatTensor(call, 'x', x);
    checkTensor(call, 'target', target, same, x.shape);
    if (out) checkTensor(call, 'out', out, same, x.shape);
    const a = parameter ? checkNumber(call, parameter, options[parameter] ?? 1, 0) : 0;
    const blocks = blocksOf(x.size);
    const sums = x.core.memory.scratch(8 * blocks);
    kernels[call](addressOf(out), sums, x.address, target.address, a, x.size, sumBlock, 0, blocks);
    return x.core.kernels.f64.total(sums, blocks);
  };
}

function backward(formula: Formula, parameter?: 'delta' | 'beta'): ElementwiseBackward {
  const call = `${formula}Backward` as const;
  return (dout, x, target, dx, options = {}) => {
    const { kernels, same } = floatTensor(call, 'x', x);
    for (const [name, tensor] of Object.entries({ target, dx })) {
      checkTensor(call, name, tensor, same, x.shape);
    }
    if (dout) checkTensor(call, 'dout', dout, same, x.shape);
    const a = parameter ? checkNumber(call, parameter, options[parameter] ?? 1, 0) : 0;
    const scale = checkNumber(call, 'scale', options.scale ?? 1);
    kernels[call](dx.address, addressOf(dout), x.address, target.address, a, scale, 0, x.size);
  };
}
