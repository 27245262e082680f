import { type Build, type Core, Graph, Tensor } from 'simdgrad';
import type { BenchCase } from './case.ts';

/** A gate's operands and results, and the gradients of both, as arrays. Indices have none: keep them elsewhere. */
export interface Arrays {
  x: Float32Array[];
  y: Float32Array[];
  dy: Float32Array[];
  dx: Float32Array[];
}

/** One direction of a gate: the work of a call, and the loop to beat. */
interface Direction extends Pick<BenchCase, 'bytes' | 'flops'> {
  baseline(arrays: Arrays): void;
}

/** A gate, in a `Graph` of that gate alone, against loops over Float32Arrays. */
export interface GateBench {
  name: string;
  shape: string;
  gate: Build;
  inputs: readonly Tensor[];
  forward: Direction;
  /** Of every operand that has a gradient. */
  backward: Direction;
}

/** Both directions of a gate. */
export function gateCases(core: Core, { name, shape, gate, inputs, forward, backward }: GateBench): BenchCase[] {
  const graph = new Graph<Build>(gate, { core });
  const tensors = (flow: unknown) => [flow].flat() as (Tensor | undefined)[];
  const results = tensors(graph.forward(...inputs)) as Tensor[];
  const douts = results.map((result) => Tensor.randn([...result.shape], { core }));
  const arrays: Arrays = {
    x: inputs.map((input) => new Float32Array(input.data)),
    y: results.map((result) => new Float32Array(result.size)),
    dy: douts.map((dout) => dout.toArray() as Float32Array),
    dx: inputs.map((input) => new Float32Array(input.size)),
  };
  const gradients = tensors(graph.backward(...douts));
  const tolerance = 1e-5;
  return [
    {
      kernel: `${name}, forward`,
      shape,
      ...forward,
      ours: () => graph.forward(...inputs),
      baseline: () => forward.baseline(arrays),
      results: () => results.map((result, k) => [result.data, arrays.y[k]]),
      tolerance,
    },
    {
      kernel: `${name}, backward`,
      shape,
      ...backward,
      ours: () => graph.backward(...douts),
      baseline: () => backward.baseline(arrays),
      results: () => gradients.flatMap((gradient, i) => (gradient ? [[gradient.data, arrays.dx[i]]] : [])),
      tolerance,
    },
  ];
}
