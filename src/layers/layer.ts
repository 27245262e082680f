import { keepArguments } from '../arguments.ts';
import { CallSite, newPlaced, type Placed } from '../call-site.ts';
import { checkOneOf, reject } from '../check.ts';
import { checkTensor, isTensorOf } from '../check-tensor.ts';
import { type Core, coreOf } from '../core/core.ts';
import type { FloatDType } from '../dtype.ts';
import { type Application, isNode, type Node, type Operation, type Placement, type TensorSpec } from '../operation.ts';
import { Parameter } from '../parameter.ts';
import { type Shape, sameShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';

export interface LayerOptions {
  /** Element type of parameters, inputs and outputs (default 'f32'). */
  dtype?: FloatDType;
  /** The core to live on; by default the one of `init()`. */
  core?: Core;
}

/** What flows through a layer at one side: one tensor, or several. */
export type Flow = Tensor | readonly Tensor[];

/** Arguments of `backward`: one upstream gradient per output. */
export type Upstream<Out extends Flow> = Out extends readonly Tensor[]
  ? { -readonly [K in keyof Out]: Out[K] }
  : [dy: Tensor];

/** Result of `backward`: one gradient per input; a single input's comes bare. */
export type InputGradients<In extends readonly Tensor[]> = In extends readonly [Tensor] ? Tensor : readonly Tensor[];

/** Arguments of `apply`: one node per input. */
export type InputNodes<In extends readonly Tensor[]> = { readonly [K in keyof In]: Node };

/** Result of `apply`: one node per output; a single output's comes bare. */
export type OutputNodes<Out extends Flow> = Out extends readonly Tensor[] ? { readonly [K in keyof Out]: Node } : Node;

/**
 * A differentiable function with parameters: `forward` computes outputs and keeps what `backward` needs,
 * `backward` takes dL/d(output), returns dL/d(input) and ADDS dL/d(parameter) to `parameter.grad`.
 *
 * A layer is its parameters plus the activations of one call-site, so each place of a network needs its own layer;
 * `fork()` makes another call-site over the same parameters. Outputs and input gradients belong to the layer and
 * are overwritten at its next call, so a warm step allocates nothing. The inputs of forward must stay as they are
 * until backward has run.
 *
 * A layer of your own defines `prepare`, which says what it computes for inputs of given shapes and lets a graph plan
 * its memory; or it overrides `forward` and `backward` themselves, and keeps in `site` what backward needs.
 *
 * Most layers map one tensor to one tensor; `In` and `Out` leave room for those that do not.
 */
export abstract class Layer<In extends readonly Tensor[] = [x: Tensor], Out extends Flow = Tensor>
  implements Operation
{
  readonly core: Core;
  readonly dtype: FloatDType;
  /** Whether the layer behaves as in training; see `train()` and `eval()`. */
  training = true;
  protected site: CallSite;
  private readonly registered = new Map<string, Parameter>();
  private readonly buffers = new Map<string, Tensor>();
  /** The layers that were taken in, by name. */
  protected children = new Map<string, Layer>();
  private ownsParameters = true;
  protected readonly forwardCall: string;
  protected readonly backwardCall: string;

  protected constructor(name: string, options: LayerOptions) {
    this.core = coreOf(`new ${name}`, options.core);
    this.dtype = checkOneOf(`new ${name}`, 'dtype', options.dtype ?? 'f32', ['f32', 'f64']);
    this.site = new CallSite(this.core);
    this.forwardCall = `${name}.forward`;
    this.backwardCall = `${name}.backward`;
  }

  /** The class name, for messages. */
  get name(): string {
    return this.constructor.name;
  }

  /**
   * The layer for inputs of these shapes: see `Application`. Pure, but for what its `forward` and `backward` will do.
   * @throws when the inputs do not suit the layer; messages begin with `call`
   */
  prepare(_call: string, _inputs: readonly TensorSpec[], _on: Placement): Application {
    throw new Error(`${this.name} defines neither prepare nor forward and backward`);
  }

  forward(...inputs: In): Out {
    const { site, forwardCall: call } = this;
    const given = keepArguments(site.given, inputs);
    this.checkEach(call, 'x', given);
    const placed =
      site.placedFor(given, this.training) ??
      newPlaced(this.prepare(call, given.map(specOf), this), given, this.training);
    site.forward(placed, given);
    return (placed.outputs.length > 1 ? placed.outputs : placed.outputs[0]) as Flow as Out;
  }

  backward(...upstream: Upstream<Out>): InputGradients<In> {
    const gradients = this.site.backward(this.takeUpstream(upstream), true);
    return (gradients.length > 1 ? gradients : gradients[0]) as Flow as InputGradients<In>;
  }

  /** As `backward`, for a network's first layer: may leave out the gradient of the inputs, which nobody asks for. */
  backwardParameters(...upstream: Upstream<Out>): void {
    if (this.backward === Layer.prototype.backward) this.site.backward(this.takeUpstream(upstream), false);
    else this.backward(...upstream);
  }

  /** The application to go back through, with dL/d(output) of each output in place. */
  private takeUpstream(upstream: readonly Tensor[]): Placed {
    const { site, backwardCall: call } = this;
    const placed = site.recallPlaced(call);
    this.checkEach(call, 'dy', keepArguments(placed.gradients.outputs, upstream), placed.application.outputs);
    return placed;
  }

  /**
   * The layer as a node of a `Graph`: what `forward` makes of tensors, written down for nodes. Applied several times,
   * it is the same parameters at several places, whose gradients add up.
   */
  apply(...nodes: InputNodes<In>): OutputNodes<Out> {
    const [first] = nodes as readonly Node[];
    if (!isNode(first)) return reject(`${this.name}.apply`, 'x', 'a node of a Graph', first, TypeError);
    return first.trace.applyLayer(this, nodes as readonly Node[]) as OutputNodes<Out>;
  }

  /** @internal A container's network in terms of what it holds, for a graph to plan; absent for a layer of kernels. */
  expand?(...nodes: Node[]): Node | readonly Node[];

  /** @internal The layer that a container applies where its code says `layer`, and the name that it goes by. */
  member(layer: Layer): readonly [name: string, layer: Layer] {
    for (const child of this.children) if (child[1] === layer) return child;
    throw new Error(`${this.name}: ${layer.name} was not taken in as a child`);
  }

  /** @internal Takes a parameter in that a container's code uses; returns the name that it was given, if any. */
  admit?(parameter: Parameter): string | undefined;

  /** @internal Whether a parameter is the layer's, or that of a layer inside it. */
  owns(parameter: Parameter): boolean {
    for (const own of this.registered.values()) if (own === parameter) return true;
    for (const child of this.children.values()) if (child.owns(parameter)) return true;
    return false;
  }

  /** @internal The layer and all layers inside it. */
  family(): Layer[] {
    return [this as unknown as Layer, ...[...this.children.values()].flatMap((child) => child.family())];
  }

  /** Parameters with their PyTorch names (`weight`, `0.weight`, …); one that is shared is listed once. */
  namedParameters(): [name: string, parameter: Parameter][] {
    const seen = new Set<Tensor>();
    return this.entries((layer) => layer.registered).filter(
      ([, parameter]) => !seen.has(parameter) && seen.add(parameter),
    );
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Parameters and buffers under their PyTorch names: the layer's own tensors, not copies. */
  stateDict(): Record<string, Tensor> {
    const state: [string, Tensor][] = this.entries((layer) => layer.registered);
    return Object.fromEntries(state.concat(this.entries((layer) => layer.buffers)));
  }

  /**
   * Copies a state dict into the layer; f32 and f64 convert. Nothing changes when it does not fit.
   * @param options.strict whether missing or unexpected names are an error (default true)
   * @throws naming every missing or unexpected name and every tensor of a wrong shape
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, { strict = true }: { strict?: boolean } = {}): void {
    const own = this.stateDict();
    const faults: string[] = [];
    for (const [name, tensor] of Object.entries(own)) {
      const given = Object.hasOwn(state, name) ? state[name] : undefined;
      if (!given) {
        if (strict) faults.push(`${name} is missing`);
      } else if (!(given instanceof Tensor) || given.isDisposed) {
        faults.push(`${name} is not a live Tensor`);
      } else if (!sameShape(given.shape, tensor.shape)) {
        faults.push(`${name} expected [${tensor.shape.join(', ')}], got [${given.shape.join(', ')}]`);
      }
    }
    if (strict) for (const name in state) if (!Object.hasOwn(own, name)) faults.push(`${name} is unexpected`);
    if (faults.length) throw new Error(`${this.name}.loadStateDict: ${faults.join('; ')}`);
    for (const name in own) if (Object.hasOwn(state, name)) own[name].data.set(state[name].data);
  }

  /** Sets the parameters' gradients to zero. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** Training behaviour for this layer and those inside it: dropout drops, batch norm uses the batch. */
  train(mode = true): this {
    this.training = mode;
    for (const child of this.children.values()) child.train(mode);
    return this;
  }

  /** Inference behaviour; the opposite of `train()`. */
  eval(): this {
    return this.train(false);
  }

  /** Another call-site over the same parameters: for weight sharing, unrolling in time, branches. */
  fork(): this {
    const twin: this = Object.assign(Object.create(Object.getPrototypeOf(this)), this);
    const forks = new Map<unknown, Layer>();
    for (const child of this.children.values()) forks.set(child, child.fork());
    const forked = (value: unknown) => forks.get(value) ?? value;
    for (const [key, value] of Object.entries(this)) {
      Object.assign(twin, { [key]: Array.isArray(value) ? value.map(forked) : forked(value) });
    }
    twin.children = new Map([...this.children].map(([name, child]) => [name, forks.get(child) as Layer]));
    twin.site = new CallSite(this.core);
    twin.ownsParameters = false;
    return twin;
  }

  /** @internal Runs `action` with this layer's activations, and those of the layers inside it, set aside. */
  aside<T>(action: () => T): T {
    const all = [...this.children.values()].reduce((inner: () => T, child) => () => child.aside(inner), action);
    const kept = this.site;
    this.site = new CallSite(this.core);
    try {
      return all();
    } finally {
      this.site.dispose();
      this.site = kept;
    }
  }

  /** Gives back this layer's buffers and, unless it is a fork, its parameters. */
  dispose(): void {
    this.site.dispose();
    for (const child of this.children.values()) child.dispose();
    if (!this.ownsParameters) return;
    for (const tensor of this.registered.values()) tensor.dispose();
    for (const tensor of this.buffers.values()) tensor.dispose();
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')](): void {
    this.dispose();
  }

  /** The kernels of this layer's dtype. */
  protected get kernels() {
    return this.core.kernels[this.dtype];
  }

  /** Makes a parameter under its PyTorch name, filled by `fill`. */
  protected parameter(name: string, shape: Shape, fill: (parameter: Parameter) => void): Parameter {
    const parameter = new Parameter(this.core, shape, this.dtype);
    fill(parameter);
    this.registered.set(name, parameter);
    return parameter;
  }

  /** Takes a parameter in that was made outside. */
  protected adopt(name: string, parameter: Parameter): Parameter {
    if (parameter.core !== this.core)
      throw new TypeError(`new ${this.name}: parameter ${name} belongs to another core`);
    this.registered.set(name, parameter);
    return parameter;
  }

  /** Makes a tensor that belongs to the state but is not trained (running statistics), under its PyTorch name. */
  protected stateBuffer(name: string, shape: Shape, value: number): Tensor {
    const buffer = Tensor.full(shape, value, { dtype: this.dtype, core: this.core });
    this.buffers.set(name, buffer);
    return buffer;
  }

  /** Takes a layer in, under the name that prefixes its parameters'. */
  protected child<L extends Layer>(name: string, layer: L): L {
    if (!(layer instanceof Layer)) reject(`new ${this.name}`, name, 'a layer', layer, TypeError);
    if (layer.core !== this.core) throw new TypeError(`new ${this.name}: layer ${name} belongs to another core`);
    this.children.set(name, layer);
    return layer;
  }

  /** Throws unless x is a live tensor of this layer's core and dtype and, where given, of that shape. */
  protected check(call: string, argument: string, x: Tensor, shape?: Shape): void {
    if (isTensorOf(x, this.core, this.dtype, shape)) return;
    checkTensor(call, argument, x, { core: this.core, dtype: this.dtype, shape });
  }

  /** `check` for a list of arguments, with the shapes of `specs` where given. */
  private checkEach(call: string, kind: string, given: readonly Tensor[], specs?: readonly TensorSpec[]): void {
    const count = specs?.length ?? Math.max(1, given.length);
    for (let i = 0; i < count; i++) {
      const shape = specs?.[i].shape;
      if (isTensorOf(given[i], this.core, this.dtype, shape)) continue;
      this.check(call, count > 1 ? `${kind}[${i}]` : kind, given[i], shape);
    }
  }

  /** What layers have of one kind, here and below, under their PyTorch names. */
  protected entries<T>(of: (layer: Layer) => Map<string, T>, prefix = ''): [name: string, value: T][] {
    const here = [...of(this as unknown as Layer)].map(([name, value]): [string, T] => [prefix + name, value]);
    const below = [...this.children].flatMap(([name, child]) => child.entries(of, `${prefix}${name}.`));
    return here.concat(below);
  }
}

const specOf = ({ shape, dtype }: TensorSpec): TensorSpec => ({ shape, dtype });
