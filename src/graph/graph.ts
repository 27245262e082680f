import { keepArguments } from '../arguments.ts';
import { checkBoolean, checkOptions, reject } from '../check.ts';
import { checkTensor, isTensorOf } from '../check-tensor.ts';
import { keepingState } from '../layers/keeping-state.ts';
import { type Flow, type InputGradients, Layer, type LayerOptions } from '../layers/layer.ts';
import type { Node } from '../operation.ts';
import { Parameter } from '../parameter.ts';
import { checkShape, type Shape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { argumentNames } from './argument-names.ts';
import { discover } from './discovery.ts';
import { dot, mermaid } from './draw.ts';
import type { Program } from './program.ts';
import { Programs } from './programs.ts';
import type { TracedNode } from './traced-node.ts';
import type { UpstreamGradient } from './upstream.ts';

/** A computation as code: from nodes to a node, or to several. */
export type Build = (...nodes: Node[]) => Node | readonly Node[];

type TensorsFor<Nodes extends readonly unknown[]> = { [K in keyof Nodes]: Tensor };

/** A tensor for each of a function's arguments. */
export type InputsOf<F extends Build> = TensorsFor<Parameters<F>>;

/** A tensor for what a function returns: one, or one for each of several nodes. */
export type OutputOf<F extends Build> = ReturnType<F> extends infer R extends readonly Node[] ? TensorsFor<R> : Tensor;

export interface GraphOptions extends LayerOptions {
  /**
   * Layers and parameters that the function applies, by the names that their state dict entries begin with:
   * `{ conv1, head }` makes `conv1.weight`. Those without one are numbered in the order of their first application.
   * A function that fails on inputs of size 1 names all of them here, or they are known after the first forward only.
   */
  names?: Readonly<Record<string, object>>;
  /** Whether buffers share memory and steps run in place (default true). Results are the same bit for bit. */
  planned?: boolean;
}

/** Bytes of a graph's values and gradients. */
export interface GraphMemory {
  /** What the plan takes. */
  planned: number;
  /** What it would be if every operation had memory of its own. */
  naive: number;
}

/**
 * A computation written as ordinary code over symbolic nodes, differentiated node by node:
 *
 *     const f = new Graph((x, y, z) => mul(add(x, y), z));
 *     f.forward(x, y, z);
 *     const [dx, dy, dz] = f.backward(df);
 *
 * The function is run once for every combination of input shapes, and traced into a plan that says where every value
 * and every gradient lies; and once before, on nodes whose sizes are all 1, to find its layers. After that it is not
 * run again, so it must not depend on anything but shapes. It applies layers by `layer.apply(x)`, and gates by calling
 * them. A layer that is applied twice shares its parameters, whose gradients add up. Tensors that it uses are constants;
 * a `Parameter` is trained.
 *
 * A graph is a layer: it stands in `Sequential` and in other graphs, where its steps become theirs. Results and input
 * gradients belong to the graph and are overwritten at its next call; a warm step allocates nothing.
 *
 * In `eval()` nothing is kept for backward. Where backward is called all the same, forward runs once more and keeps
 * what it needs, now and from then on.
 */
export class Graph<F extends Build = Build> extends Layer<InputsOf<F>, OutputOf<F>> {
  private readonly build: F;
  private readonly argumentNames: readonly string[] | undefined;
  private readonly planned: boolean;
  /** What the function threw when it ran with sizes of 1, if `names` do not say what it applies. */
  private readonly unknown: unknown;
  /** The names of the layers and parameters that the function applies. */
  private members = new Map<Layer | Parameter, string>();
  /** Whether the function has run on real shapes. */
  private isTraced = false;
  private programs: Programs;
  private current: Program | undefined;
  /** The arguments of the backward that is running. */
  private upstream: UpstreamGradient[] = [];
  private keepsInEval = false;
  /** Where the random generator stood before the last forward. */
  private seed = 0;
  private drawn = 0;

  /**
   * @param build takes one node per input; returns the result, or an array of results
   * @throws where a layer or parameter belongs to another core than the graph
   */
  constructor(build: F, options: GraphOptions = {}, name = 'Graph') {
    const call = `new ${name}`;
    if (typeof build !== 'function') reject(call, 'build', 'a function of nodes', build, TypeError);
    checkOptions(call, options, ['names', 'planned', 'dtype', 'core']);
    const { names, planned = true, dtype, core } = options;
    const plainNames = argumentNames(build);
    const found = discover(build, plainNames?.length);
    const named = checkNames(call, names);
    const members = new Set([...named.map(([, member]) => member), ...found.layers, ...found.parameters]);
    const [first] = members;
    super(name, { dtype: dtype ?? first?.dtype, core: core ?? first?.core });
    this.build = build;
    this.argumentNames = plainNames;
    this.planned = checkBoolean(call, 'planned', planned);
    this.unknown = names ? undefined : found.failure;
    for (const [given, member] of named) this.take(given, member);
    for (const layer of found.layers) if (!this.members.has(layer)) this.take(this.nextNumber(), layer);
    for (const parameter of found.parameters) if (!this.owns(parameter)) this.take(this.nextNumber(), parameter);
    this.programs = this.newPrograms();
  }

  override forward(...inputs: InputsOf<F>): OutputOf<F> {
    const given = keepArguments(this.site.given, inputs);
    this.checkInputs(given);
    const program = this.programFor(given, this.training || this.keepsInEval);
    program.ready(this.forwardCall, given);
    const { random } = this.core;
    this.current = undefined; // a pass that fails leaves nothing to go back through
    this.seed = random.seed;
    this.drawn = random.take(0);
    const results = program.forward(given);
    this.current = program;
    return (program.tracing.returnsList ? results : results[0]) as Flow as OutputOf<F>;
  }

  /**
   * @param upstream dL/d(result), one for each result. For a result of one element a number will do, and for a single
   *   result of one element nothing at all, which is 1. Undefined stands for a result that is not differentiated.
   * @returns dL/d(input), one for each input (undefined for i32); a single input's comes bare
   */
  override backward(...upstream: UpstreamGradient[]): InputGradients<InputsOf<F>> {
    const gradients = this.goBackward(keepArguments(this.upstream, upstream), true);
    const single = this.build.length === 1 && gradients.length === 1; // not of a list of nodes, even if only one came
    return (single ? gradients[0] : gradients) as Flow as InputGradients<InputsOf<F>>;
  }

  override backwardParameters(...upstream: UpstreamGradient[]): void {
    this.goBackward(keepArguments(this.upstream, upstream), false);
  }

  /** @internal The graph's steps as those of another one. */
  override expand(...nodes: Node[]): Node | readonly Node[] {
    const results = this.build(...nodes);
    this.isTraced = true;
    return results;
  }

  /** @internal A fork has forks of the layers that the function applies. */
  override member(layer: Layer): readonly [name: string, layer: Layer] {
    const name = this.members.get(layer) ?? this.join(layer);
    return [name, this.children.get(name) as Layer];
  }

  /** @internal Parameters of the layers are there already. */
  override admit(parameter: Parameter): string | undefined {
    if (!this.owns(parameter)) this.join(parameter);
    const name = this.members.get(parameter);
    return name === undefined || /^\d+$/.test(name) ? undefined : name;
  }

  /**
   * Every value of the last pass, with its gradient if backward has run. They are computed once more, each in memory
   * of its own, from the last inputs and the parameters as they are now.
   */
  trace(): TracedNode[] {
    const { inputs, upstream, tracing } = this.lastProgram('trace');
    const call = `${this.name}.trace`;
    return tracing.inItsModes(() =>
      this.programs.draft(inputs, { share: false }, (program) =>
        keepingState(this, () => {
          this.zeroGrad();
          this.runAgain(call, program, inputs);
          if (upstream.isTaken) program.backward(call, upstream.tensors, true);
          return program.values();
        }),
      ),
    );
  }

  /** Bytes of values and gradients: of the last pass, or of one in the present mode for inputs of these shapes. */
  memory(...shapes: Shape[]): GraphMemory {
    return this.look('memory', shapes, ({ bytes, naiveBytes }) => ({ planned: bytes, naive: naiveBytes }));
  }

  /** The graph in Graphviz's language, with shapes: those of the last pass, or those for inputs of these shapes. */
  toDot(...shapes: Shape[]): string {
    return this.look('toDot', shapes, ({ forwardPlan }) => dot(forwardPlan));
  }

  /** The graph in Mermaid's language, which GitHub draws; shapes as for `toDot`. */
  toMermaid(...shapes: Shape[]): string {
    return this.look('toMermaid', shapes, ({ forwardPlan }) => mermaid(forwardPlan));
  }

  /** Another call-site over the same layers and parameters, with plans and memory of its own. */
  override fork(): this {
    const twin = super.fork();
    twin.members = new Map(this.members);
    twin.programs = twin.newPrograms();
    twin.current = undefined;
    twin.upstream = [];
    return twin;
  }

  override aside<T>(action: () => T): T {
    const { programs, current, keepsInEval, seed, drawn } = this;
    this.programs = this.newPrograms();
    this.current = undefined;
    try {
      return super.aside(action);
    } finally {
      this.programs.dispose();
      Object.assign(this, { programs, current, keepsInEval, seed, drawn });
    }
  }

  override dispose(): void {
    this.programs.dispose();
    this.current = undefined;
    super.dispose();
  }

  protected override entries<T>(of: (layer: Layer) => Map<string, T>, prefix = ''): [name: string, value: T][] {
    if (this.unknown === undefined || this.isTraced) return super.entries(of, prefix);
    const reason = this.unknown instanceof Error ? ` (${this.unknown.message})` : '';
    throw new Error(
      `${this.name}: the function cannot run without shapes, so its layers and parameters are known after the first ` +
        `forward only, unless you name them: new Graph(f, { names: { … } })${reason}`,
      { cause: this.unknown },
    );
  }

  private goBackward(upstream: readonly UpstreamGradient[], wanted: boolean) {
    const { backwardCall: call } = this;
    let program = this.lastProgram('backward');
    if (!program.keep) program = this.keepAfterAll(program);
    return program.backward(call, upstream, wanted);
  }

  /** Runs the last forward again, keeping what backward needs. */
  private keepAfterAll({ inputs, tracing }: Program): Program {
    this.keepsInEval = true;
    const program = tracing.inItsModes(() => this.programFor(inputs, true));
    const { random } = this.core;
    const now = random.state;
    this.runAgain(this.backwardCall, program, inputs);
    random.state = now;
    this.current = program;
    return program;
  }

  /** The last forward by another program. */
  private runAgain(call: string, program: Program, inputs: readonly Tensor[]): void {
    program.ready(call, inputs);
    this.core.random.state = { seed: this.seed, drawn: this.drawn };
    program.forward(inputs);
  }

  private programFor(inputs: readonly Tensor[], keep: boolean): Program {
    return this.current?.suits(inputs, keep) ? this.current : this.programs.for(inputs, keep);
  }

  private newPrograms(): Programs {
    return new Programs({
      graph: this as unknown as Layer,
      build: (...nodes) => this.expand(...nodes),
      argumentName: (i) => this.argumentNames?.[i] ?? `x${i}`,
      planned: this.planned,
    });
  }

  private lastProgram(method: string): Program {
    if (this.current) return this.current;
    const yet = method === 'trace' ? 'call forward first' : 'call forward first, or give the shapes of the inputs';
    const what = method === 'backward' ? 'no forward pass to go back through' : `no forward pass yet: ${yet}`;
    throw new Error(`${this.name}.${method}: ${what}`);
  }

  private look<T>(method: string, shapes: readonly Shape[], at: (program: Program) => T): T {
    if (shapes.length === 0) return at(this.lastProgram(method));
    this.checkCount(`${this.name}.${method}`, 'shape', shapes.length);
    const before = this.current?.tracing.inputs;
    const inputs = shapes.map((shape, i) => {
      checkShape(`${this.name}.${method}`, `shapes[${i}]`, shape);
      return { shape, dtype: before?.[i]?.dtype ?? this.dtype };
    });
    return this.programs.draft(inputs, { keep: this.training || this.keepsInEval }, at);
  }

  private checkCount(call: string, what: string, count: number): void {
    const names = this.argumentNames;
    if (!names || count === names.length) return;
    const expected = `${names.length} ${what}${names.length === 1 ? '' : 's'} (${names.join(', ')})`;
    throw new TypeError(`${call}: expected ${expected}, got ${count}`);
  }

  private checkInputs(inputs: readonly Tensor[]): void {
    const names = this.argumentNames;
    this.checkCount(this.forwardCall, 'input', inputs.length);
    for (let i = 0; i < inputs.length; i++) {
      const x = inputs[i];
      const dtype = x?.dtype === 'i32' ? 'i32' : this.dtype;
      if (isTensorOf(x, this.core, dtype)) continue;
      checkTensor(this.forwardCall, names?.[i] ?? `x${i}`, x, { core: this.core, dtype });
    }
  }

  /** Takes in what shows only when there are shapes; returns its number. */
  private join(member: Layer | Parameter): string {
    if (this.unknown === undefined) {
      const made = `${member.constructor.name} is not one of the layers that the function applied at first`;
      throw new Error(`${this.name}: ${made}: make it outside the function, and name it in { names }`);
    }
    const name = this.take(this.nextNumber(), member);
    if (member instanceof Layer && !this.training) member.eval();
    return name;
  }

  private nextNumber(): string {
    const taken = new Set(this.members.values());
    let number = 0;
    while (taken.has(String(number))) number++;
    return String(number);
  }

  private take(name: string, member: Layer | Parameter): string {
    if (member instanceof Layer) this.child(name, member);
    else this.adopt(name, member);
    this.members.set(member, name);
    return name;
  }
}

function checkNames(call: string, names: unknown): (readonly [name: string, member: Layer | Parameter])[] {
  if (names === undefined) return [];
  if (typeof names !== 'object' || names === null || Array.isArray(names)) {
    return reject(call, 'names', 'an object of layers and parameters', names, TypeError);
  }
  return Object.entries(names).map(([name, member]) => {
    if (name === '' || name.includes('.')) reject(call, 'names', 'names without dots', name);
    if (member instanceof Layer || member instanceof Parameter) return [name, member] as const;
    return reject(call, `names.${name}`, 'a layer or a Parameter', member, TypeError);
  });
}
