// A gradient plan is for a gradient of every result. Where some are not given, what would be made of them alone is not
// made, and not taken for zeros either: 0·∞ is NaN. The plan's places stay; an action is left out where it has nothing to
// read, and writes where it would have added to what is not there.

import type { BackwardAction, GradientPlan } from './gradient-plan.ts';
import { Buffer, type Ref } from './plan.ts';

/** What is left of a gradient plan. */
export interface GivenPlan {
  readonly actions: readonly BackwardAction[];
  /** Whether there is a gradient at that place. */
  readonly has: (ref: Ref) => boolean;
}

/** The plan where only some results' gradients are given; an input that they do not reach has zeros. */
export function planFor(plan: GradientPlan, given: readonly boolean[]): GivenPlan {
  const made = new Set<Buffer>();
  const has = ({ at }: Ref) => (at instanceof Buffer ? made.has(at) : at.kind !== 'upstream' || given[at.index]);
  const make = ({ at }: Ref) => at instanceof Buffer && made.add(at);
  const actions: BackwardAction[] = [];
  for (const action of plan.actions) {
    if (action.kind === 'step') {
      const outputs = action.outputs.map((ref) => (ref && has(ref) ? ref : undefined));
      if (outputs.every((ref) => !ref)) continue;
      // One after another: a value that stands at two inputs is there at the second.
      const accumulate = action.inputs.map((ref, i) => {
        const adds = ref !== undefined && action.accumulate[i] && has(ref);
        if (ref) make(ref);
        return adds;
      });
      actions.push({ ...action, outputs, accumulate });
    } else if (!action.from || has(action.from)) {
      actions.push(action.kind === 'add' && !has(action.to) ? { ...action, kind: 'copy' } : action);
      make(action.to);
    }
  }
  for (const { ref: to, of } of plan.inputPlaces) if (!has(to)) actions.push({ kind: 'zero', to, of });
  return { actions, has };
}
