import { checkBoolean, checkOptions, reject } from '../check.ts';
import { checkTensor } from '../check-tensor.ts';
import { keepingState } from '../layers/keeping-state.ts';
import { type Flow, type InputGradients, Layer, type LayerOptions } from '../layers/layer.ts';
import type { Node } from '../operation.ts';
import { Parameter } from '../parameter.ts';
import { checkShape, type Shape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { Arena } from './arena.ts';
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
 * and every gradient lies. After that it is not run again, so it must not depend on anything but shapes. It applies
 * layers by `layer.apply(x)`, and gates by calling them. A layer that is applied twice shares its parameters, whose
 * gradients add up. Tensors that it uses are constants; a `Parameter` is trained.
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
  /** What the function threw when it ran without shapes: then its layers are known at the first forward only. */
  private readonly asksForShapes: unknown;
  /** Layers and parameters by the names that they go by. */
  private readonly members = new Map<object, string>();
  private programs: Programs;
  private current: Program | undefined;
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
    const { names = {}, planned = true, dtype, core } = options;
    const plainNames = argumentNames(build);
    const found = discover(build, plainNames?.length);
    const named = Object.entries(names).map(([given, member]) => [given, checkMember(call, given, member)] as const);
    const members = new Set([...named.map(([, member]) => member), ...found.layers, ...found.parameters]);
    const [first] = members;
    super(name, { dtype: dtype ?? first?.dtype, core: core ?? first?.core });
    this.build = build;
    this.argumentNames = plainNames;
    this.planned = checkBoolean(call, 'planned', planned);
    this.asksForShapes = found.failure;
    for (const [given, member] of named) this.take(given, member);
    for (const member of members) this.labelOf(member, true);
    this.programs = this.newPrograms();
  }

  override forward(...inputs: InputsOf<F>): OutputOf<F> {
    this.checkInputs(inputs);
    const program = this.programFor(inputs, this.training || this.keepsInEval);
    const { random } = this.core;
    const { seed } = random;
    const drawn = random.take(0);
    const results = program.forward(inputs);
    this.seed = seed;
    this.drawn = drawn;
    this.current = program;
    return (results.length > 1 ? results : results[0]) as Flow as OutputOf<F>;
  }

  /**
   * @param upstream dL/d(result), one for each result. For a result of one element a number will do, and for a single
   *   result of one element nothing at all, which is 1. Undefined stands for a result that is not differentiated.
   * @returns dL/d(input), one for each input (undefined for i32); a single input's comes bare
   */
  override backward(...upstream: readonly UpstreamGradient[]): InputGradients<InputsOf<F>> {
    const gradients = this.goBackward(upstream, true);
    return (gradients.length > 1 ? gradients : gradients[0]) as Flow as InputGradients<InputsOf<F>>;
  }

  override backwardParameters(...upstream: readonly UpstreamGradient[]): void {
    this.goBackward(upstream, false);
  }

  /** @internal The graph's steps as those of another one. */
  override expand(...nodes: Node[]): Node | readonly Node[] {
    return this.build(...nodes);
  }

  override namedParameters(): [name: string, parameter: Parameter][] {
    this.requireMembers('namedParameters');
    return super.namedParameters();
  }

  override stateDict(): Record<string, Tensor> {
    this.requireMembers('stateDict');
    return super.stateDict();
  }

  /**
   * Every value of the last pass, with its gradient if backward has run. They are computed once more, each in memory
   * of its own, from the last inputs and the parameters as they are now.
   */
  trace(): TracedNode[] {
    const { inputs, upstream } = this.lastProgram('trace');
    const arena = new Arena(this.core);
    const program = this.programs.draft(inputs, arena, { keep: true, share: false });
    try {
      return keepingState(this, () => {
        this.core.random.state = { seed: this.seed, drawn: this.drawn };
        program.forward(inputs);
        if (upstream.tensors.length > 0) program.backward(`${this.name}.trace`, upstream.tensors, true);
        return program.values();
      });
    } finally {
      program.dispose();
      arena.dispose();
    }
  }

  /** Bytes of values and gradients: of the last pass, or of one in the present mode for inputs of these shapes. */
  memory(...shapes: Shape[]): GraphMemory {
    const { bytes, naiveBytes } = this.look('memory', shapes);
    return { planned: bytes, naive: naiveBytes };
  }

  /** The graph in Graphviz's language, with shapes: those of the last pass, or those for inputs of these shapes. */
  toDot(...shapes: Shape[]): string {
    return dot(this.look('toDot', shapes).forwardPlan);
  }

  /** The graph in Mermaid's language, which GitHub draws; shapes as for `toDot`. */
  toMermaid(...shapes: Shape[]): string {
    return mermaid(this.look('toMermaid', shapes).forwardPlan);
  }

  /** Another call-site over the same layers and parameters, with plans and memory of its own. */
  override fork(): this {
    const twin = super.fork();
    twin.programs = twin.newPrograms();
    twin.current = undefined;
    return twin;
  }

  override aside<T>(action: () => T): T {
    const { programs, current, keepsInEval } = this;
    this.programs = this.newPrograms();
    this.current = undefined;
    try {
      return super.aside(action);
    } finally {
      this.programs.dispose();
      Object.assign(this, { programs, current, keepsInEval });
    }
  }

  override dispose(): void {
    this.programs.dispose();
    this.current = undefined;
    if (!this.isFork) super.dispose();
  }

  /** A graph's steps have call-sites of their own, so its layers need no fork. */
  protected override forkOf<L extends Layer>(child: L): L {
    return child;
  }

  private goBackward(upstream: readonly UpstreamGradient[], wanted: boolean) {
    const call = `${this.name}.backward`;
    let program = this.lastProgram('backward');
    if (!program.keep) program = this.keepAfterAll(program);
    return program.backward(call, upstream, wanted);
  }

  /** Runs the last forward again, keeping what backward needs. */
  private keepAfterAll({ inputs }: Program): Program {
    this.keepsInEval = true;
    const program = this.programFor(inputs, true);
    const { random } = this.core;
    const now = random.state;
    random.state = { seed: this.seed, drawn: this.drawn };
    program.forward(inputs);
    random.state = now;
    this.current = program;
    return program;
  }

  private programFor(inputs: readonly Tensor[], keep: boolean): Program {
    return this.current?.suits(inputs, keep) ? this.current : this.programs.for(inputs, keep);
  }

  private newPrograms(): Programs {
    return new Programs({
      name: this.name,
      on: this,
      build: this.build,
      argumentName: (i) => this.argumentNames?.[i] ?? `x${i}`,
      labelOf: (layer) => this.labelOf(layer),
      planned: this.planned,
    });
  }

  private lastProgram(method: string): Program {
    if (this.current) return this.current;
    const what = method === 'backward' ? 'no forward pass to go back through' : 'no forward pass yet';
    throw new Error(`${this.name}.${method}: ${what}`);
  }

  private look(method: string, shapes: readonly Shape[]): Program {
    if (shapes.length === 0) return this.lastProgram(method);
    shapes.forEach((shape, i) => void checkShape(`${this.name}.${method}`, `shapes[${i}]`, shape));
    return this.programs.outline(shapes, this.training || this.keepsInEval);
  }

  private checkInputs(inputs: readonly Tensor[]): void {
    const names = this.argumentNames;
    if (names && inputs.length !== names.length) {
      const expected = `${names.length} input${names.length === 1 ? '' : 's'} (${names.join(', ')})`;
      throw new TypeError(`${this.name}.forward: expected ${expected}, got ${inputs.length}`);
    }
    for (let i = 0; i < inputs.length; i++) {
      const x = inputs[i];
      const dtype = x?.dtype === 'i32' ? 'i32' : this.dtype;
      checkTensor(`${this.name}.forward`, names?.[i] ?? `x${i}`, x, { core: this.core, dtype });
    }
  }

  /** What a layer is called; takes in one that was not known, where the function could not be run without shapes. */
  private labelOf(member: Layer | Parameter, anew = this.asksForShapes !== undefined): string {
    let name = this.members.get(member);
    if (name === undefined) {
      if (!anew) {
        const made = `${member.constructor.name} is not one of the layers that the function applied at first`;
        throw new Error(`${this.name}: ${made}: make it outside the function, and name it in { names }`);
      }
      name = this.take(String([...this.members.values()].filter((known) => /^\d+$/.test(known)).length), member);
    }
    return /^\d+$/.test(name) ? member.constructor.name : name;
  }

  private take(name: string, member: Layer | Parameter): string {
    if (member instanceof Layer) this.child(name, member);
    else this.adopt(name, member);
    this.members.set(member, name);
    return name;
  }

  private requireMembers(method: string): void {
    if (this.asksForShapes === undefined || this.members.size > 0 || this.current) return;
    throw new Error(
      `${this.name}.${method}: the function cannot run without shapes, so its layers are known after the first ` +
        'forward only, unless you name them: new Graph(f, { names: { … } })',
      { cause: this.asksForShapes },
    );
  }
}

function checkMember(call: string, name: string, member: object): Layer | Parameter {
  if (member instanceof Layer || member instanceof Parameter) return member;
  return reject(call, `names.${name}`, 'a layer or a Parameter', member, TypeError);
}
