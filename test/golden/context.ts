import { type Core, type FloatDType, Graph, type Layer, type Node, type Parameter, Tensor } from '../../src/index.ts';
import type { Case, Values } from './format.ts';

/** What a mapping computes, under the names of the case's outputs and `grad.NAME`. */
export type Results = Record<string, Values>;

/** Calls the library for one op: from a case's attributes and inputs to outputs and gradients. */
export type Mapping = (context: Context) => Results;

/** What a scalar, or a pair [height, width], is in an attribute. */
type Size = number | [height: number, width: number];

/** Thrown by a mapping for a case that is outside what the library does. */
export class Skip extends Error {}

/**
 * A case as a mapping sees it: its attributes and its inputs as tensors of the run's core and dtype. What is asked for
 * is noted, so that a case with an attribute or an input that its mapping does not know is not taken for passed.
 */
export class Context {
  readonly core: Core;
  readonly dtype: FloatDType;
  private readonly golden: Case;
  private readonly read = new Set<string>();
  private readonly owned: { dispose(): void }[] = [];

  constructor(golden: Case, core: Core, dtype: FloatDType) {
    this.golden = golden;
    this.core = core;
    this.dtype = dtype;
    this.read.add('attribute kind');
  }

  /** The options that every layer, loss and tensor of this run takes. */
  get options(): { core: Core; dtype: FloatDType } {
    return { core: this.core, dtype: this.dtype };
  }

  /** An attribute; where it is absent or null, PyTorch's default. */
  attr<T>(name: string, fallback: T): T {
    this.read.add(`attribute ${name}`);
    return (this.golden.attrs[name] ?? fallback) as T;
  }

  /** An attribute that is a size: a number, or [height, width]. */
  size(name: string, fallback: Size): Size {
    const size = this.attr<Size | [number]>(name, fallback);
    return Array.isArray(size) && size.length === 1 ? size[0] : (size as Size);
  }

  /** Those of the attributes that are there, as options of the library: `ceil_mode` becomes `ceilMode`. */
  given(...names: string[]): Record<string, never> {
    const there = names.filter((name) => this.attr(name, undefined) !== undefined);
    const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    return Object.fromEntries(there.map((name) => [camel(name), this.golden.attrs[name] as never]));
  }

  /** An input's shape and numbers as they are in the file. */
  values(name: string): Values {
    this.read.add(`input ${name}`);
    const found = this.golden.inputs[name];
    if (!found) throw new Error(`no input ${name}`);
    return found;
  }

  has(name: string): boolean {
    this.read.add(`input ${name}`);
    return Object.hasOwn(this.golden.inputs, name);
  }

  /** An input as a tensor: whole numbers as i32, all others as the run's dtype. */
  tensor(name: string): Tensor {
    return this.tensorOf(this.values(name));
  }

  optional(name: string): Tensor | undefined {
    return this.has(name) ? this.tensor(name) : undefined;
  }

  tensorOf({ shape, data }: Values): Tensor {
    const dtype = data instanceof Int32Array ? 'i32' : this.dtype;
    return this.own(Tensor.from(data, shape, { core: this.core, dtype }));
  }

  /** Writes an input into a parameter, which may have other axes of size 1 than the case's. */
  load(parameter: Parameter | null, name: string): void {
    const { shape, data } = this.values(name);
    if (!parameter || longAxes(parameter.shape).join() !== longAxes(shape).join()) {
      throw new Error(`${name} [${shape.join(', ')}] does not fit [${parameter?.shape.join(', ')}]`);
    }
    parameter.set(data);
  }

  /** A parameter's numbers, or its gradient's, under the shape of the input that it was loaded from. */
  asInput(name: string, tensor: Tensor): Values {
    return { shape: this.values(name).shape, data: tensor.toArray() };
  }

  /** The gradient handed to an output: the case's, or 1 for a scalar; undefined for one that is not differentiated. */
  upstream(name: string, y: Tensor | number): Values | undefined {
    const given = this.golden.upstream[name];
    if (given) return given;
    return typeof y === 'number' || y.shape.length === 0 ? { shape: [], data: Float64Array.of(1) } : undefined;
  }

  /** Whether the case expects dL/d(input). */
  wantsGradient(name: string): boolean {
    return Object.hasOwn(this.golden.expected, `grad.${name}`);
  }

  /** Gives the case up, as one that the library has nothing for. */
  skip(reason: string): never {
    throw new Skip(reason);
  }

  /** Keeps something to be disposed of when the case is done. */
  own<T extends { dispose(): void }>(thing: T): T {
    this.owned.push(thing);
    return thing;
  }

  /**
   * y of a layer with one input x, and where y is differentiated, dx and the gradients of parameters, which are given
   * by the names that the case's format has for them.
   */
  layer(layer: Layer, x: Tensor, parameters: Record<string, Parameter | null | undefined> = {}): Results {
    this.own(layer);
    for (const [name, parameter] of Object.entries(parameters)) if (parameter) this.load(parameter, name);
    const y = layer.forward(x);
    const results: Results = { y: copyOf(y) };
    const dy = this.upstream('y', y);
    if (!dy) return results;
    results['grad.x'] = copyOf(layer.backward(this.tensorOf(dy)));
    for (const [name, parameter] of Object.entries(parameters)) {
      if (parameter) results[`grad.${name}`] = this.asInput(name, parameter.grad);
    }
    return results;
  }

  /**
   * Outputs of a graph over the case's inputs, and where one is differentiated, the gradients of all inputs.
   * @param build from the inputs by name, undefined where the case has none, to the outputs by name
   */
  graph(build: (inputs: Readonly<Record<string, Node>>) => Readonly<Record<string, Node>>): Results {
    const names = Object.keys(this.golden.inputs);
    let outputs: string[] = [];
    const graph = this.own(
      new Graph((...nodes: Node[]) => {
        const results = build(this.noting(names, nodes));
        outputs = Object.keys(results);
        return Object.values(results);
      }, this.options),
    );
    const ys: readonly Tensor[] = [
      graph.forward(...names.map((name) => this.tensorOf(this.golden.inputs[name]))),
    ].flat();
    const results: Results = Object.fromEntries(outputs.map((name, k) => [name, copyOf(ys[k])]));
    const upstream = outputs.map((name, k) => this.upstream(name, ys[k])).map((dy) => dy && this.tensorOf(dy));
    if (upstream.every((dy) => !dy)) return results;
    const gradients = [graph.backward(...upstream)].flat();
    names.forEach((name, i) => {
      if (gradients[i]) results[`grad.${name}`] = copyOf(gradients[i]);
    });
    return results;
  }

  /** The inputs' nodes by name; only those that are looked at count as read. */
  private noting(names: readonly string[], nodes: readonly Node[]): Record<string, Node> {
    const noted = {};
    names.forEach((name, i) => {
      const get = () => {
        this.read.add(`input ${name}`);
        return nodes[i];
      };
      Object.defineProperty(noted, name, { get });
    });
    return noted;
  }

  /** The attributes and inputs of the case that nobody asked for. */
  unread(): string[] {
    const all = [
      ...Object.keys(this.golden.attrs).map((name) => `attribute ${name}`),
      ...Object.keys(this.golden.inputs).map((name) => `input ${name}`),
    ];
    return all.filter((name) => !this.read.has(name));
  }

  dispose(): void {
    for (const thing of this.owned.reverse()) thing.dispose();
  }
}

const longAxes = (shape: readonly number[]): number[] => shape.filter((size) => size > 1);

export const copyOf = (tensor: Tensor): Values => ({ shape: tensor.shape, data: tensor.toArray() });
export const scalar = (value: number): Values => ({ shape: [], data: Float64Array.of(value) });
