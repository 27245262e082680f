import { checkInteger, checkNumber } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import { checkLabels, classAxis } from '../geometry/loss.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

export interface CrossEntropyOptions {
  /** A weight for each class: [C]. */
  weight?: Tensor | null;
  /** Samples with this label count for nothing (default −100). */
  ignoreIndex?: number;
  /** How much of the target is spread evenly over all classes (default 0). */
  labelSmoothing?: number;
}

/** What forward saves of each sample: m = max x, S = Σ exp(x − m) and the target's total Q; each like the losses. */
export interface CrossEntropySaved {
  max: Tensor;
  sum: Tensor;
  mass: Tensor;
}

/**
 * The cross entropy of each sample; returns the total weight of the samples, which a mean divides by.
 * @param x logits [C], [N, C] or [N, C, d1, …]
 * @param target i32 labels [], [N] or [N, d1, …]; or probabilities like x
 * @param losses, saved like the labels, overwritten
 * @throws RangeError when a label is neither a class nor `ignoreIndex`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export function crossEntropyForward(
  x: Tensor,
  target: Tensor,
  losses: Tensor,
  saved: CrossEntropySaved,
  options: CrossEntropyOptions = {},
): number {
  const call = 'crossEntropyForward';
  const { kernels, C, inner, samples, count, weight, smoothing, ignoreIndex, total } = check(call, x, target, options);
  const { max, sum, mass } = saved;
  for (const [name, tensor] of Object.entries({ losses, max, sum, mass })) {
    checkTensor(call, name, tensor, { core: x.core, dtype: x.dtype, shape: samples });
  }
  // biome-ignore format: outputs, inputs, sizes
  if (target.dtype === 'i32') {
    kernels.crossEntropyForward(
      losses.address, max.address, sum.address, mass.address,
      x.address, target.address, addressOf(weight),
      C, inner, smoothing, ignoreIndex, 0, count,
    );
  } else {
    kernels.crossEntropySoftForward(
      losses.address, max.address, sum.address, mass.address,
      x.address, target.address, addressOf(weight),
      C, inner, smoothing, 0, count,
    );
  }
  return total;
}

/**
 * dx = scale·dout∘(Q·softmax(x) − q), q being the smoothed, weighted target and Q its total; a null dout is 1.
 * @param dout like the losses; @param dx like x, overwritten
 * @param x, target, saved, options as `crossEntropyForward` had and left them
 */
export function crossEntropyBackward(
  dout: Tensor | null,
  x: Tensor,
  target: Tensor,
  saved: CrossEntropySaved,
  dx: Tensor,
  { scale = 1, ...options }: CrossEntropyOptions & { scale?: number } = {},
): void {
  const call = 'crossEntropyBackward';
  const { kernels, C, inner, samples, count, weight, smoothing, ignoreIndex } = check(call, x, target, options);
  const { max, sum, mass } = saved;
  for (const [name, tensor] of Object.entries({ max, sum, mass, ...(dout && { dout }) })) {
    checkTensor(call, name, tensor, { core: x.core, dtype: x.dtype, shape: samples });
  }
  checkTensor(call, 'dx', dx, { core: x.core, dtype: x.dtype, shape: x.shape });
  checkNumber(call, 'scale', scale);
  // biome-ignore format: outputs, inputs, sizes
  if (target.dtype === 'i32') {
    kernels.crossEntropyBackward(
      dx.address,
      addressOf(dout), x.address, target.address, addressOf(weight), max.address, sum.address, mass.address,
      C, inner, smoothing, ignoreIndex, scale, 0, count,
    );
  } else {
    kernels.crossEntropySoftBackward(
      dx.address,
      addressOf(dout), x.address, target.address, addressOf(weight), max.address, sum.address, mass.address,
      C, inner, smoothing, scale, 0, count,
    );
  }
}

function check(call: string, x: Tensor, target: Tensor, options: CrossEntropyOptions) {
  const { kernels, same } = floatTensor(call, 'x', x);
  const axis = classAxis(call, 'x', x.shape);
  const weight = options.weight ?? null;
  const smoothing = checkNumber(call, 'labelSmoothing', options.labelSmoothing ?? 0, 0, 1);
  const ignoreIndex = checkInteger(call, 'ignoreIndex', options.ignoreIndex ?? -100);
  if (weight) checkTensor(call, 'weight', weight, same, [axis.C]);
  const labelled = target.dtype === 'i32';
  if (labelled) checkTensor(call, 'target', target, { core: x.core, dtype: 'i32', shape: axis.samples });
  else checkTensor(call, 'target', target, same, x.shape);
  const total = labelled ? checkLabels(call, target.data, axis.C, ignoreIndex, weight?.data) : axis.count;
  return { kernels, ...axis, weight, smoothing, ignoreIndex, total };
}
