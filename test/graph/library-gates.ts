import * as simdgrad from '../../src/index.ts';
import { type Core, type FloatDType, Graph, type Node, type Operand, Tensor } from '../../src/index.ts';
import type { Shape } from '../reference/index-space.ts';
import type { Values } from '../reference/tape.ts';
import { type Description, type Gates, runOn } from './description.ts';

/** The library's gates as a description calls them: its indices and conditions become tensors. */
export function libraryGates(core: Core): Gates<Node> {
  const whole = ({ shape, data }: Values) => Tensor.from(Int32Array.from(data), [...shape], { core });
  return {
    ...simdgrad,
    concat: (nodes, dim) => simdgrad.concat(nodes, dim),
    split: (x, sizes, dim) => [...simdgrad.split(x, sizes, dim)],
    gather: (x, dim, index) => simdgrad.gather(x, dim, whole(index)),
    indexSelect: (x, dim, index) => simdgrad.indexSelect(x, dim, whole(index)),
    where: (condition, a: Operand, b: Operand) => simdgrad.where(whole(condition), a, b),
  } as Gates<Node>;
}

/** The description as a graph of the library. */
export const graphOf = ({ ...description }: Description, core: Core, dtype: FloatDType, planned = true): Graph =>
  new Graph((...inputs: Node[]) => runOn(description, libraryGates(core), inputs), { core, dtype, planned });

/** Outputs and input gradients of the graph, as copies. */
export function runOnGraph(
  graph: Graph,
  shapes: readonly Shape[],
  inputs: readonly ArrayLike<number>[],
  upstream: readonly ArrayLike<number>[],
) {
  const on = { core: graph.core, dtype: graph.dtype };
  const tensors = inputs.map((data, k) => Tensor.from(data, [...shapes[k]], on));
  const results = [graph.forward(...tensors)].flat() as Tensor[];
  const outputs = results.map((result) => ({ shape: result.shape, data: result.toArray() }));
  const dys = upstream.map((dy, k) => Tensor.from(dy, outputs[k].shape, on));
  const gradients = [graph.backward(...dys)].flat() as Tensor[];
  const copies = gradients.map((gradient) => gradient.toArray());
  const after = results.map((result) => result.toArray());
  for (const tensor of [...tensors, ...dys]) tensor.dispose();
  return { outputs, gradients: copies, after };
}
