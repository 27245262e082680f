import { type Core, type FloatDType, Graph, type Node, type Tensor } from '../../src/index.ts';

/** A tensor in the file of numbers. */
export interface Value {
  name: string;
  dtype: 'float32' | 'float64' | 'int64' | 'int32' | 'bool';
  shape: number[];
  offset: number;
  bytes: number;
}

export type Attrs = Record<string, unknown>;

export interface OnnxCase {
  name: string;
  nodes: { op: string; inputs: string[]; outputs: string[]; attrs: Attrs }[];
  inputs: Value[];
  initializers?: Value[];
  outputs: Value[];
}

export type Options = { core: Core; dtype: FloatDType };

export type Output = Tensor | number;

/** A node's outputs, in order. */
export type Op = (o: Options, attrs: Attrs, ...inputs: Tensor[]) => Output | readonly Output[];

/** What a case is skipped for. */
export class Skip extends Error {}
export const skip = (reason: string): never => {
  throw new Skip(reason);
};

export function numbersOf({ dtype, offset, bytes }: Value, file: Uint8Array): number[] {
  const { buffer } = file.slice(offset, offset + bytes);
  if (dtype === 'float32') return [...new Float32Array(buffer)];
  if (dtype === 'float64') return [...new Float64Array(buffer)];
  if (dtype === 'int32') return [...new Int32Array(buffer)];
  if (dtype === 'int64') return [...new BigInt64Array(buffer)].map(Number);
  if (dtype === 'bool') return [...new Uint8Array(buffer)];
  return skip(`dtype ${dtype}`);
}

/** An attribute, or ONNX's default. */
export const of = <T>(attrs: Attrs, name: string, fallback: T): T => (attrs[name] ?? fallback) as T;
export const flag = (attrs: Attrs, name: string): boolean => attrs[name] === 1;

/** What a graph makes of tensors; where one is absent, so is its node. */
export function compute(
  o: Options,
  inputs: readonly (Tensor | undefined)[],
  build: (...nodes: Node[]) => Node | readonly Node[],
): readonly Tensor[] {
  const given = inputs.filter((input) => input !== undefined);
  const graph = new Graph((...nodes: Node[]) => {
    const left = nodes.values();
    return build(...inputs.map((input) => (input && left.next().value) as Node));
  }, o);
  return [graph.forward(...given)].flat();
}
