import { it } from 'vitest';
import { linear } from '../reference/linear.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

const halves = (n: number) => [
  [0, n >> 1],
  [n >> 1, n],
];

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  for (const [M, I, O] of [
    [1, 1, 1],
    [2, 3, 5],
    [3, 4, 4],
    [4, 5, 3],
    [7, 300, 9],
    [33, 8, 17],
    [1, 520, 600],
  ]) {
    it.each([true, false])(`forward and bias gradient at ${M}×${I} → ${O}, bias %s`, (biased) => {
      const random = new Random(M + I + O);
      const memory = new Guarded(core);
      const [x, w, dy, before] = [M * I, O * I, M * O, O].map((size) => random.normals(size));
      const b = biased ? random.normals(O) : undefined;
      const out = memory.output(dtype, M * O);
      const db = memory.output(dtype, O, before);
      const [X, W, DY] = [x, w, dy].map((values) => memory.input(dtype, values));
      const B = b ? memory.input(dtype, b) : 0;
      const workspace = memory.workspace(kernels.gemmWorkspace(M, O, I) * (dtype === 'f32' ? 4 : 8));
      for (const [begin, end] of halves(kernels.gemmLines(M, O, I))) {
        kernels.linearForward(out, X, W, B, workspace, M, O, I, begin, end);
      }
      for (const [begin, end] of halves(O)) kernels.linearBackwardBias(db, DY, M, O, begin, end);
      const expected = linear({ M, I, O }, x, w, b, dy);
      const scale = expected.y.magnitude;
      expectClose(memory.read(dtype, out, M * O), expected.y.value, { dtype, terms: I + 4, scale });
      const want = expected.db.value.map((value, o) => value + before[o]);
      const size = expected.db.magnitude.map((value, o) => value + Math.abs(before[o]));
      expectClose(memory.read(dtype, db, O), want, { dtype, terms: M + 2, scale: size });
      memory.verify();
    });
  }
});
