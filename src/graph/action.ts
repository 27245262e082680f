import type { Application } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import type { Step } from './node.ts';

/** The tensors of a step, forward and backward; a place that holds a tensor from outside is filled at each call. */
export interface Frame {
  readonly step: Step;
  readonly inputs: Tensor[];
  readonly outputs: Tensor[];
  readonly saved: Tensor[];
  table: number;
}

/** Something to do, with its tensors. */
export interface Action {
  run(): void;
}

/** A step forward; a view that may not share memory is copied. */
export function forwardAction({ view, forward }: Application, frame: Frame): Action {
  return view ? passAction('copy', frame.outputs, frame.inputs) : { run: () => forward?.(frame) };
}

/** to += from, to = from or to = 0, over the first tensor of each list. */
export function passAction(kind: 'add' | 'copy' | 'zero', tos: readonly Tensor[], froms: readonly Tensor[]): Action {
  const run = () => {
    const to = tos[0];
    const from = froms[0];
    if (kind === 'zero') to.refill(0);
    else if (to.dtype === 'i32') to.data.set(from.data);
    else if (kind === 'add') to.core.kernels[to.dtype].accumulate(to.address, from.address, 0, to.size);
    else to.core.kernels[to.dtype].copyElements(to.address, from.address, 0, to.size);
  };
  return { run };
}
