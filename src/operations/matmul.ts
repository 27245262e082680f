import { arrayOf, type FloatDType } from '../dtype.ts';
import { matmulGeometry, type Product } from '../geometry/matmul.ts';
import type { Operation } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { float } from './float.ts';

/** a·b over the last two axes, with broadcasting of those before them. */
export const matmul: Operation = {
  name: 'matmul',
  prepare(call, [a, b], { core }) {
    const dtype = float(call, a, 'a').dtype as FloatDType;
    float(call, b, 'b');
    const { shape, forward, gradientA, gradientB } = matmulGeometry(call, a.shape, b.shape);
    const { matmul: multiply, gemmLines, gemmWorkspace } = core.kernels[dtype];
    const bytes = arrayOf(dtype).BYTES_PER_ELEMENT;
    const scratch = (p: Product) => core.memory.scratch(bytes * gemmWorkspace(p.M, p.N, p.K));
    const table: number[] = [];
    const product = (p: Product) => {
      const lines = p.matrices * gemmLines(p.M, p.N, p.K);
      const behind = Int32Array.BYTES_PER_ELEMENT * table.length;
      table.push(...p.batches);
      return (c: Tensor, left: Tensor, right: Tensor, at: number, accumulate: boolean) => {
        const workspace = scratch(p);
        // biome-ignore format: outputs, inputs, sizes
        multiply(
          c.address, left.address, right.address, at + behind, workspace,
          p.M, p.N, p.K, p.lda, p.ldb, p.ldc, p.transposeA, p.transposeB, Number(accumulate), 0, lines,
        );
      };
    };
    const [ofC, ofA, ofB] = [forward, gradientA, gradientB].map(product);
    return {
      outputs: [{ shape, dtype }],
      table,
      readsInputs: ([askedA, askedB]) => [...(askedA ? [1] : []), ...(askedB ? [0] : [])],
      accumulates: true,
      reserve: () => void [forward, gradientA, gradientB].forEach(scratch),
      forward: ({ inputs, outputs, table: at }) => ofC(outputs[0], inputs[0], inputs[1], at, false),
      backward: ({ inputs, table: at }, { inputs: dinputs, outputs, accumulate }) => {
        const dout = outputs[0];
        if (!dout) return;
        const da = dinputs[0];
        const db = dinputs[1];
        if (da) ofA(da, dout, inputs[1], at, accumulate[0] ?? false);
        if (db) ofB(db, inputs[0], dout, at, accumulate[1] ?? false);
      },
    };
  },
};
