import type { Layer } from '../layers/layer.ts';
import type { Node, TensorSpec } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { Arena } from './arena.ts';
import { underTrace } from './gate.ts';
import type { PlanOptions } from './plan.ts';
import { Program } from './program.ts';
import { Tracing } from './tracing.ts';

/** What is traced: a graph's function, and what it needs to know of the graph. */
export interface Blueprint {
  readonly graph: Layer;
  readonly build: (...nodes: Node[]) => unknown;
  /** What an argument is called. */
  readonly argumentName: (index: number) => string;
  /** Whether buffers share memory. */
  readonly planned: boolean;
}

/** Programs that are kept; beyond, the one that was not used for longest goes. */
const most = 64;

/** The programs of one graph: one for every combination of input shapes and modes that it has met. */
export class Programs {
  private readonly blueprint: Blueprint;
  /** The one that was used last stands last. */
  private readonly known: Program[] = [];
  /** Programs that keep what backward needs share one block, those that do not another. */
  private readonly arenas: { readonly keeping: Arena; readonly passing: Arena };

  constructor(blueprint: Blueprint) {
    this.blueprint = blueprint;
    const { core } = blueprint.graph;
    this.arenas = { keeping: new Arena(core), passing: new Arena(core) };
  }

  /** The program for inputs like these: a known one, or a new one. Nothing changes when tracing throws. */
  for(inputs: readonly Tensor[], keep: boolean): Program {
    const at = this.known.findIndex((program) => program.suits(inputs, keep));
    if (at >= 0) return this.latest(this.known.splice(at, 1)[0]);
    const arena = keep ? this.arenas.keeping : this.arenas.passing;
    const program = this.make(inputs, arena, { keep, share: this.blueprint.planned });
    if (this.known.length >= most) this.known.shift()?.dispose();
    return this.latest(program);
  }

  private latest(program: Program): Program {
    this.known.push(program);
    return program;
  }

  /** Looks at a program that is made for this alone, in memory of its own. */
  draft<T>(inputs: readonly TensorSpec[], options: Partial<PlanOptions>, look: (program: Program) => T): T {
    const arena = new Arena(this.blueprint.graph.core);
    const program = this.make(inputs, arena, { keep: true, share: this.blueprint.planned, ...options });
    try {
      return look(program);
    } finally {
      program.dispose();
      arena.dispose();
    }
  }

  dispose(): void {
    for (const program of this.known) program.dispose();
    this.known.length = 0;
    this.arenas.keeping.dispose();
    this.arenas.passing.dispose();
  }

  private make(inputs: readonly TensorSpec[], arena: Arena, options: PlanOptions): Program {
    const { graph, build, argumentName } = this.blueprint;
    const named = inputs.map(({ shape, dtype }, i) => ({ shape, dtype, name: argumentName(i) }));
    const tracing = new Tracing(graph, named);
    try {
      return new Program(tracing, tracing.finish(underTrace(tracing, () => build(...tracing.inputs))), arena, options);
    } catch (error) {
      tracing.dispose();
      throw error;
    }
  }
}
