import { checkBoolean, checkNumber, checkOptions, reject } from '../check.ts';
import type { Core } from '../core/core.ts';
import type { DType } from '../dtype.ts';
import type { Parameter } from '../parameter.ts';
import { type Shape, sameShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { checkDistinct, checkLive, listOf, type ParameterSource } from './parameter-list.ts';

/** What every optimizer can be told; each may be changed between steps. */
export interface OptimizerSettings {
  /** Learning rate. */
  lr: number;
  /** λ, the weight of the penalty on large parameters (default 0). */
  weightDecay: number;
  /** Ascend instead of descend (default false). */
  maximize: boolean;
}

/** Parameters with settings of their own; what a group leaves out, it takes from the optimizer's options. */
export type GroupOptions<S extends OptimizerSettings> = Partial<S> & { params: ParameterSource };

/** Parameters in order, or groups of them. */
export type ParameterList<S extends OptimizerSettings> = ParameterSource | Iterable<GroupOptions<S>>;

export type Group<S extends OptimizerSettings> = S & { readonly params: readonly Parameter[] };

/** A value for every setting; undefined for a learning rate that has to be given. */
export type Defaults<S extends OptimizerSettings> = Omit<S, 'lr'> & { lr: number | undefined };

/** Tensors that an optimizer keeps for one parameter, under PyTorch's names. */
export type OptimizerState = Record<string, Tensor>;

/**
 * Changes parameters along their gradients: `zeroGrad()`, backward passes, `step()`.
 *
 * The state of every parameter is made with the optimizer, so a step allocates nothing and cannot run out of memory
 * half way. Settings may be changed between steps, in `paramGroups[i]` or, the learning rate of all, by `lr`; a step
 * checks them before it changes anything. A parameter that never had a gradient is left alone, as in PyTorch.
 * @see https://pytorch.org/docs/stable/optim.html
 */
export abstract class Optimizer<S extends OptimizerSettings> {
  /** Parameters and their settings, PyTorch's `param_groups`. */
  readonly paramGroups: readonly Group<S>[];
  private readonly core: Core;
  private readonly states = new Map<Parameter, OptimizerState>();
  private disposed = false;
  private readonly stepCall = `${this.constructor.name}.step`;

  /** `defaults` holds every setting; its keys are the options that `options` and groups may name. */
  protected constructor(parameters: ParameterList<S>, options: Partial<S>, defaults: Defaults<S>) {
    const call = `new ${this.name}`;
    const known = Object.keys(defaults);
    checkOptions(call, options, known);
    this.paramGroups = groupsOf(call, parameters, merge(defaults, options), known);
    const all = this.parameters();
    checkDistinct(call, 'parameters', all);
    this.core = all[0].core;
    all.forEach(({ core }, i) => {
      if (core !== this.core) throw new TypeError(`${call}: parameters[${i}] belongs to another core`);
    });
    for (const group of this.paramGroups) this.check(call, group);
    try {
      this.makeStates();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The learning rate of the first group; setting it sets that of every group. */
  get lr(): number {
    return this.paramGroups[0].lr;
  }

  set lr(value: number) {
    checkNumber(this.name, 'lr', value, 0);
    for (const group of this.paramGroups) group.lr = value;
  }

  /** Moves every parameter that has a gradient. Throws before anything changes when a setting or parameter is bad. */
  step(): void {
    const call = this.stepCall;
    this.checkUsable(call);
    // By index: the iterator of a frozen array makes an object for each element.
    for (let k = 0; k < this.paramGroups.length; k++) {
      const group = this.paramGroups[k];
      this.check(call, group);
      for (let i = 0; i < group.params.length; i++) {
        if (group.params[i].isDisposed) checkLive(call, `params[${i}]`, group.params[i]);
      }
    }
    this.makeStates();
    for (let k = 0; k < this.paramGroups.length; k++) {
      const group = this.paramGroups[k];
      for (let i = 0; i < group.params.length; i++) {
        const parameter = group.params[i];
        if (parameter.hasGrad) this.update(parameter, this.states.get(parameter) as OptimizerState, group);
      }
    }
  }

  /** Sets the gradients to zero. */
  zeroGrad(): void {
    for (let k = 0; k < this.paramGroups.length; k++) {
      const { params } = this.paramGroups[k];
      for (let i = 0; i < params.length; i++) params[i].zeroGrad();
    }
  }

  /**
   * What the optimizer remembers, as `<position of the parameter>.<PyTorch's name>`: its own tensors, not copies,
   * ready for `saveSafetensors`. Settings are not among it.
   */
  stateDict(): Record<string, Tensor> {
    this.checkUsable(`${this.name}.stateDict`);
    return Object.fromEntries(
      this.parameters().flatMap((parameter, i) =>
        Object.entries(this.states.get(parameter) ?? {}).map(([name, tensor]) => [`${i}.${name}`, tensor]),
      ),
    );
  }

  /** Copies a state dict into this optimizer of the same kind over the same parameters. All or nothing. */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const call = `${this.name}.loadStateDict`;
    const own = this.stateDict();
    const faults: string[] = [];
    for (const [name, { shape }] of Object.entries(own)) {
      const given = Object.hasOwn(state, name) ? state[name] : undefined;
      if (!given) faults.push(`${name} is missing`);
      else if (!(given instanceof Tensor) || given.isDisposed) faults.push(`${name} is not a live Tensor`);
      else if (!sameShape(given.shape, shape)) {
        faults.push(`${name} expected [${shape.join(', ')}], got [${given.shape.join(', ')}]`);
      }
    }
    for (const name of Object.keys(state)) if (!Object.hasOwn(own, name)) faults.push(`${name} is unexpected`);
    if (faults.length) throw new Error(`${call}: ${faults.join('; ')}`);
    for (const name of Object.keys(own)) own[name].data.set(state[name].data);
  }

  /** Gives the state back; the parameters stay. */
  dispose(): void {
    this.disposed = true;
    for (const state of this.states.values()) for (const tensor of Object.values(state)) tensor.dispose();
    this.states.clear();
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')](): void {
    this.dispose();
  }

  /** Names of the tensors that these settings need: `step`, a count of one element, or shaped like the parameter. */
  protected abstract stateNames(settings: S): readonly string[];

  /** Moves one parameter along its gradient. */
  protected abstract update(parameter: Parameter, state: OptimizerState, settings: S): void;

  /** Throws unless the settings make sense. */
  protected check(call: string, { lr, weightDecay, maximize }: S): void {
    checkNumber(call, 'lr', lr, 0);
    checkNumber(call, 'weightDecay', weightDecay, 0);
    checkBoolean(call, 'maximize', maximize);
  }

  /** The class name, for messages. */
  protected get name(): string {
    return this.constructor.name;
  }

  private parameters(): Parameter[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  private checkUsable(call: string): void {
    if (this.disposed) throw new Error(`${call}: the optimizer was disposed`);
  }

  /** State starts at zero. After the constructor, this finds work only where a setting was changed to need more. */
  private makeStates(): void {
    for (let k = 0; k < this.paramGroups.length; k++) {
      const group = this.paramGroups[k];
      const names = this.stateNames(group);
      for (let i = 0; i < group.params.length; i++) {
        const parameter = group.params[i];
        let state = this.states.get(parameter);
        if (!state) this.states.set(parameter, (state = {}));
        for (let n = 0; n < names.length; n++) state[names[n]] ??= this.newState(names[n], parameter);
      }
    }
  }

  private newState(name: string, parameter: Parameter): Tensor {
    const [shape, dtype]: [Shape, DType] = name === 'step' ? [[], 'i32'] : [parameter.shape, parameter.dtype];
    return Tensor.zeros(shape, { dtype, core: this.core });
  }
}

function groupsOf<S extends OptimizerSettings>(
  call: string,
  parameters: ParameterList<S>,
  settings: S,
  known: readonly string[],
): Group<S>[] {
  const list = listOf(call, 'parameters', parameters, 'Parameters or of groups { params, … }');
  if (list.length === 0) reject(call, 'parameters', 'at least one Parameter', list);
  const isGroup = (item: unknown): item is GroupOptions<S> =>
    typeof item === 'object' && item !== null && 'params' in item;
  if (!list.some(isGroup)) return [{ ...settings, params: Object.freeze(list as Parameter[]) }];
  return list.map((group, i) => {
    const argument = `parameters[${i}]`;
    if (!isGroup(group)) return reject(call, argument, 'a group { params, … } like the others', group, TypeError);
    checkOptions(call, group, ['params', ...known]);
    const params = listOf(call, `${argument}.params`, group.params, 'Parameters') as Parameter[];
    if (params.length === 0) reject(call, `${argument}.params`, 'at least one Parameter', params);
    return { ...merge(settings as Defaults<S>, group as Partial<S>), params: Object.freeze(params) };
  });
}

/** `own` over `defaults`; undefined counts as left out. */
function merge<S extends OptimizerSettings>(defaults: Defaults<S>, own: Partial<S>): S {
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as S;
}
