import { expect, it } from 'vitest';
import { crossEntropy, nll } from '../reference/loss.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

interface Case {
  N: number;
  C: number;
  inner: number;
  smoothing?: number;
  weighted?: boolean;
  ignoreIndex?: number;
  x?: Float64Array;
  labels?: Int32Array;
  probabilities?: Float64Array;
}

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 33];

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];
  const scale = -0.5;

  /** Runs forward and backward, cut in two as by two threads, and the oracle; labels unless `probabilities`. */
  function run(given: Case) {
    const { N, C, inner, smoothing = 0, weighted = false, ignoreIndex = -100, probabilities } = given;
    const random = new Random(N * 1000 + C * 10 + inner);
    const count = N * inner;
    const x = given.x ?? random.normals(count * C, 0, 2);
    const labels = given.labels ?? Int32Array.from({ length: count }, () => random.integer(0, C - 1));
    if (!given.labels && count > 2) labels[count >> 1] = ignoreIndex;
    const weight = weighted ? random.normals(C, 2, 0.5) : undefined;
    const dout = random.normals(count);
    const memory = new Guarded(core);
    const at = {
      x: memory.input(dtype, x),
      target: probabilities ? memory.input(dtype, probabilities) : memory.input('i32', labels),
      weight: weight ? memory.input(dtype, weight) : 0,
      dout: memory.input(dtype, dout),
      loss: memory.output(dtype, count),
      max: memory.output(dtype, count),
      sum: memory.output(dtype, count),
      mass: memory.output(dtype, count),
      dx: memory.output(dtype, count * C),
      bare: memory.output(dtype, count * C),
    };
    const saved = [at.max, at.sum, at.mass] as const;
    const cut = count >> 1;
    for (const [begin, end] of [
      [0, cut],
      [cut, count],
    ]) {
      const inputs = [at.x, at.target, at.weight] as const;
      if (probabilities) {
        kernels.crossEntropySoftForward(at.loss, ...saved, ...inputs, C, inner, smoothing, begin, end);
      } else {
        kernels.crossEntropyForward(at.loss, ...saved, ...inputs, C, inner, smoothing, ignoreIndex, begin, end);
      }
    }
    const back = (dx: number, upstream: number, begin: number, end: number) => {
      const inputs = [upstream, at.x, at.target, at.weight, ...saved] as const;
      if (probabilities) kernels.crossEntropySoftBackward(dx, ...inputs, C, inner, smoothing, scale, begin, end);
      else kernels.crossEntropyBackward(dx, ...inputs, C, inner, smoothing, ignoreIndex, scale, begin, end);
    };
    back(at.dx, at.dout, 0, cut);
    back(at.dx, at.dout, cut, count);
    back(at.bare, 0, 0, count);
    const read = (address: number, size: number) => memory.read(dtype, address, size);
    const got = { loss: read(at.loss, count), dx: read(at.dx, count * C), bare: read(at.bare, count * C) };
    memory.verify();
    const target = probabilities ? { probabilities } : { labels };
    const expected = crossEntropy(x, target, C, inner, { weight, smoothing, ignoreIndex });
    return { got, expected, dout, x };
  }

  /** A sum of C terms, each a handful of roundings off; log p is at most `reach`, weights at most 4. */
  function verify({ got, expected, dout, x }: ReturnType<typeof run>, C: number) {
    const reach = 2 * Math.max(...x.map(Math.abs)) + Math.log(C);
    expectClose(got.loss, expected.losses, { dtype, terms: C + 12, scale: 4 * reach });
    const upstream = dout.map((d) => scale * d);
    expectClose(got.dx, expected.gradient(upstream), { dtype, terms: C + 12, scale: 4 * 0.5 * 4 });
    const ones = new Float64Array(dout.length).fill(scale);
    expectClose(got.bare, expected.gradient(ones), { dtype, terms: C + 12, scale: 4 * 0.5 });
  }

  function distributions(N: number, C: number, inner: number): Float64Array {
    const random = new Random(C);
    const p = Float64Array.from({ length: N * C * inner }, () => random.uniform());
    for (let i = 0; i < N * inner; i++) {
      const place = (c: number) => (Math.floor(i / inner) * C + c) * inner + (i % inner);
      let sum = 0;
      for (let c = 0; c < C; c++) sum += p[place(c)];
      for (let c = 0; c < C; c++) p[place(c)] = Math.fround(p[place(c)] / sum);
    }
    return p;
  }

  for (const smoothing of [0, 0.2]) {
    for (const weighted of [false, true]) {
      it(`matches the definition, smoothing ${smoothing}, weighted ${weighted}`, () => {
        for (const C of sizes) {
          for (const inner of [1, 2, 3, 4, 5, 9]) {
            verify(run({ N: 3, C, inner, smoothing, weighted }), C);
            verify(run({ N: 3, C, inner, smoothing, weighted, probabilities: distributions(3, C, inner) }), C);
          }
        }
      });
    }
  }

  it('matches over a vocabulary of several parts and a tail', () => {
    const C = 2 * 1024 + 37;
    verify(run({ N: 2, C, inner: 1, smoothing: 0.1 }), C);
    verify(run({ N: 1, C, inner: 3, smoothing: 0.1 }), C);
    verify(run({ N: 2, C, inner: 1, probabilities: distributions(2, C, 1) }), C);
  });

  it.each([1, 5])('ignores labels, also one that is a class (inner %i)', (inner) => {
    const N = 2;
    const C = 5;
    const labels = Int32Array.from({ length: N * inner }, (_, i) => (i % 2 ? 2 : 4));
    const result = run({ N, C, inner, smoothing: 0.1, ignoreIndex: 2, labels });
    verify(result, C);
    for (let i = 1; i < N * inner; i += 2) expect(result.got.loss[i]).toBe(0);
  });

  it.each([1, 5])('is exact for logits of ±10⁴ (inner %i)', (inner) => {
    const C = 3;
    const logits = [1e4, -1e4, 1e4 - 1];
    const x = Float64Array.from({ length: C * inner }, (_, k) => logits[Math.floor(k / inner)]);
    const labels = new Int32Array(inner).fill(0);
    const { got, expected } = run({ N: 1, C, inner, x, labels });
    expectClose(got.loss, expected.losses, { dtype, terms: 8 });
    expectClose(got.bare, expected.gradient(new Float64Array(inner).fill(scale)), { dtype, terms: 8 });
    const wrong = run({ N: 1, C, inner, x, labels: new Int32Array(inner).fill(1) });
    expectClose(wrong.got.loss, wrong.expected.losses, { dtype, terms: 8 });
  });

  it.each([1, 5])('takes the maximum over what is there when all logits are far below 0 (inner %i)', (inner) => {
    const C = 5;
    const x = new Random(6).normals(C * inner, -1e4, 1);
    const { got, expected } = run({ N: 1, C, inner, x, labels: new Int32Array(inner).fill(1) });
    expectClose(got.loss, expected.losses, { dtype, terms: C + 12, scale: 20 });
  });

  it.each([1, 5])(
    'takes −∞ logits as impossible classes; NaN and +∞ spoil their own sample only (inner %i)',
    (inner) => {
      const N = 3;
      const C = 5;
      const x = new Random(5).normals(N * C * inner);
      x[1 * inner] = -Infinity; // class 1 of sample 0
      x[C * inner + 2 * inner] = NaN; // class 2 of the first sample of the second image
      x[2 * C * inner] = Infinity;
      const labels = new Int32Array(N * inner).fill(3);
      const { got, expected, dout } = run({ N, C, inner, x, labels });
      const good = Array.from({ length: N * inner }, (_, i) => i).filter((i) => i !== inner && i !== 2 * inner);
      const ones = new Float64Array(dout.length).fill(scale);
      const gradient = expected.gradient(ones);
      for (const i of good) {
        expectClose([got.loss[i]], [expected.losses[i]], { dtype, terms: C + 12, scale: 20 });
        for (let c = 0; c < C; c++) {
          const k = (Math.floor(i / inner) * C + c) * inner + (i % inner);
          expectClose([got.bare[k]], [gradient[k]], { dtype, terms: C + 12, scale: 2 });
        }
      }
      expect(got.loss[inner]).toBeNaN();
      expect(got.loss[2 * inner]).toBeNaN();
      expect(Math.abs(got.bare[1 * inner])).toBe(0);
      const impossible = run({ N, C, inner, x, labels: new Int32Array(N * inner).fill(1) });
      expect(impossible.got.loss[0]).toBe(Infinity);
    },
  );

  it('nll matches its definition', () => {
    for (const C of sizes) {
      for (const inner of [1, 2, 5]) {
        const random = new Random(C);
        const count = 3 * inner;
        const x = random.normals(count * C);
        const labels = Int32Array.from({ length: count }, () => random.integer(0, C - 1));
        labels[1] = -1;
        const weight = random.normals(C, 2, 0.5);
        const dout = random.normals(count);
        const memory = new Guarded(core);
        const at = { x: memory.input(dtype, x), target: memory.input('i32', labels) };
        const weights = memory.input(dtype, weight);
        const loss = memory.output(dtype, count);
        const dx = memory.output(dtype, count * C);
        const douts = memory.input(dtype, dout);
        for (const [begin, end] of [
          [0, 1],
          [1, count],
        ]) {
          kernels.nllForward(loss, at.x, at.target, weights, C, inner, -1, begin, end);
          kernels.nllBackward(dx, douts, at.target, weights, C, inner, -1, scale, begin, end);
        }
        const got = { loss: memory.read(dtype, loss, count), dx: memory.read(dtype, dx, count * C) };
        memory.verify();
        const expected = nll(x, labels, C, inner, { weight, ignoreIndex: -1 });
        expectClose(got.loss, expected.losses, { dtype, terms: 2 });
        expectClose(got.dx, expected.gradient(dout.map((d) => scale * d)), { dtype, terms: 4 });
      }
    }
  });
});
