import { readFileSync } from 'node:fs';
import {
  blockUntilReady,
  defaultDevice,
  init,
  type Array as JaxArray,
  jit,
  lax,
  nn,
  numpy as np,
  valueAndGrad,
  vjp,
} from '@jax-js/jax';
import { type Computation, type Computations, prepare, type Tensors } from '../computation.ts';
import { type LoadPeer, Refusal } from '../peer.ts';
import type { Conv2d, LayerSpec } from '../problem.ts';

// Every function takes its arguments over, unless they are passed as `.ref`.

type Operands = Readonly<Record<string, JaxArray>>;
type Traced = (...inputs: JaxArray[]) => JaxArray;

/** A traced and compiled function of operands that stay. */
function jitted(f: (...inputs: JaxArray[]) => JaxArray[], inputs: readonly JaxArray[]): Computation<JaxArray> {
  const compiled = jit(f);
  return { compute: () => blockUntilReady(compiled(...inputs.map((input) => input.ref)) as JaxArray[]) };
}

/** A function of x and its parameters, forward or both ways. */
function both(f: Traced, inputs: JaxArray[], dout: JaxArray | undefined): Computation<JaxArray> {
  if (!dout) return jitted((...inputs) => [f(...inputs)], inputs);
  return jitted(
    (dout, ...inputs) => {
      const [out, backward] = vjp(f, inputs);
      const gradients = backward(dout) as JaxArray[];
      backward.dispose();
      return [out, ...gradients];
    },
    [dout, ...inputs],
  );
}

/** The gradient of the first operand alone; the forward pass is traced too, and its result dropped. */
function gradient(f: Traced, operand: JaxArray, other: JaxArray, dout: JaxArray): Computation<JaxArray> {
  return jitted(
    (operand, other, dout) => {
      const [out, backward] = vjp((operand: JaxArray) => f(operand, other.ref), [operand]);
      out.dispose();
      const gradients = backward(dout) as JaxArray[];
      backward.dispose();
      other.dispose();
      return gradients;
    },
    [operand, other, dout],
  );
}

const convolve = (
  { stride, padding, groups }: Pick<Conv2d, 'stride' | 'padding' | 'groups'>,
  x: JaxArray,
  weight: JaxArray,
) =>
  lax.convGeneralDilated(
    x,
    weight,
    [stride, stride],
    [
      [padding, padding],
      [padding, padding],
    ],
    { featureGroupCount: groups },
  );

const layerNorm: Traced = (x, weight, bias) => nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias);
const maxPool: Traced = (x) => lax.reduceWindow(x, (window) => np.max(window), [2, 2], [2, 2]);

/** Mean of −Σ target·log softmax(logits). */
const crossEntropy: Traced = (logits, target) => {
  const rows = logits.shape[0];
  return np.sum(nn.logSoftmax(logits, -1).mul(target)).mul(-1 / rows);
};

function apply(model: readonly LayerSpec[], parameters: readonly JaxArray[], x: JaxArray): JaxArray {
  let at = 0;
  return model.reduce((y, spec) => {
    if (spec.layer === 'relu') return nn.relu(y);
    if (spec.layer === 'pool') return maxPool(y);
    if (spec.layer === 'flatten') return y.reshape([y.shape[0], -1]);
    const [weight, bias] = [parameters[at++], parameters[at++]];
    if (spec.layer === 'linear') return np.matmul(y, weight).add(bias);
    return convolve({ stride: 1, padding: spec.padding, groups: 1 }, y, weight).add(bias.reshape([1, -1, 1, 1]));
  }, x);
}

/** Parameters as the library likes them: dense weights [inputs, outputs]. */
function parameters(model: readonly LayerSpec[], operands: Operands): JaxArray[] {
  const own: JaxArray[] = [];
  for (const spec of model) {
    if (spec.layer !== 'conv' && spec.layer !== 'linear') continue;
    const weight = operands[`p${own.length}`].ref;
    const bias = operands[`p${own.length + 1}`].ref;
    own.push(spec.layer === 'linear' ? transposed(weight) : weight, bias);
  }
  return own;
}

/** Moved in memory, not only in the way that it is read. */
function transposed(matrix: JaxArray): JaxArray {
  const [rows, columns] = matrix.shape;
  const values = matrix.dataSync() as Float32Array<ArrayBuffer>;
  const moved = Float32Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)],
  );
  return np.array(moved).reshape([columns, rows]);
}

const sgd = (lr: number) => (parameter: JaxArray, grad: JaxArray) => parameter.sub(grad.mul(lr));

/** One parameter's step: its new value and moments; `corrections` are 1 − β₁ᵗ and 1 − β₂ᵗ. */
function adam(lr: number, parameter: JaxArray, grad: JaxArray, m: JaxArray, v: JaxArray, corrections: JaxArray[]) {
  const mean = m.mul(0.9).add(grad.ref.mul(0.1));
  const square = v.mul(0.999).add(grad.ref.mul(grad).mul(0.001));
  const root = np.sqrt(square.ref.div(corrections[1])).add(1e-8);
  return [parameter.sub(mean.ref.div(corrections[0]).div(root).mul(lr)), mean, square];
}

/** A compiled function that maps a state to the next one and a result, and the state that it has come to. */
function stepping(
  f: (state: JaxArray[]) => JaxArray[],
  initial: JaxArray[],
  results: (next: JaxArray[]) => JaxArray[],
) {
  const compiled = jit((...state: JaxArray[]) => f(state));
  let state = initial;
  return async () => {
    const next = (await blockUntilReady(compiled(...state) as JaxArray[])) as JaxArray[];
    state = next.slice(0, initial.length);
    return results(next);
  };
}

const zerosLike = (array: JaxArray) => np.zeros(array.shape);

/** Adam over several parameters: state and gradients to the next state [t, parameters, means, squares]. */
function adamAll(
  lr: number,
  t: JaxArray,
  own: JaxArray[],
  m: JaxArray[],
  v: JaxArray[],
  grads: JaxArray[],
): JaxArray[] {
  const next = t.add(1);
  const corrections = [0.9, 0.999].map((beta) =>
    np
      .exp(next.ref.mul(Math.log(beta)))
      .mul(-1)
      .add(1),
  );
  const steps = own.map((parameter, i) =>
    adam(
      lr,
      parameter,
      grads[i],
      m[i],
      v[i],
      corrections.map((correction) => correction.ref),
    ),
  );
  for (const correction of corrections) correction.dispose();
  return [next, ...[0, 1, 2].flatMap((part) => steps.map((step) => step[part]))];
}

const computations: Computations<JaxArray> = {
  matmul: (_, { a, b }) => jitted((a, b) => [np.matmul(a, b)], [a, b]),
  linear: (_, { x, weight, bias }) =>
    jitted((x, weight, bias) => [np.matmul(x, weight).add(bias)], [x, transposed(weight.ref), bias]),
  conv2dForward: (sizes, { x, weight }) => jitted((x, weight) => [convolve(sizes, x, weight)], [x, weight]),
  conv2dBackwardInput: (sizes, { dout, weight }) => {
    const x = np.zeros([sizes.N, sizes.C, sizes.H, sizes.W]);
    return gradient((x, weight) => convolve(sizes, x, weight), x, weight, dout);
  },
  conv2dBackwardWeight: (sizes, { dout, x }) => {
    const weight = np.zeros([sizes.O, sizes.C / sizes.groups, sizes.k, sizes.k]);
    return gradient((weight, x) => convolve(sizes, x, weight), weight, x, dout);
  },
  layerNorm: (_, { x, weight, bias, dout }) => both(layerNorm, [x, weight, bias], dout),
  softmax: (_, { x, dout }) => both((x) => nn.softmax(x, -1), [x], dout),
  relu: (_, { x, dout }) => both((x) => nn.relu(x), [x], dout),
  gelu: (_, { x, dout }) => both((x) => nn.gelu(x, { approximate: false }), [x], dout),
  maxPool2d: (_, { x, dout }) => both(maxPool, [x], dout),
  crossEntropy: ({ C }, { logits, labels }) =>
    jitted(
      (logits, target) => valueAndGrad(crossEntropy)(logits, target) as JaxArray[],
      [logits, nn.oneHot(labels.ref, C)],
    ),
  sgd: ({ lr }, { parameter, grad }) => ({
    compute: stepping(
      ([parameter]) => {
        const next = sgd(lr)(parameter, grad.ref);
        return [next.ref, next];
      },
      [parameter.ref],
      (next) => next.slice(1),
    ),
  }),
  adam: ({ lr }, { parameter, grad }) => ({
    compute: stepping(
      ([t, parameter, m, v]) => {
        const next = adamAll(lr, t, [parameter], [m], [v], [grad.ref]);
        return [...next, next[1].ref];
      },
      [np.zeros([]), parameter.ref, zerosLike(parameter), zerosLike(parameter)],
      (next) => next.slice(4),
    ),
  }),
  train: ({ model, optimizer, lr }, operands) => {
    const own = parameters(model, operands);
    const { x, labels } = operands;
    const target = nn.oneHot(labels.ref, 10);
    const loss = (own: JaxArray[]) => crossEntropy(apply(model, own, x.ref), target.ref);
    const count = own.length;
    if (optimizer === 'sgd') {
      return {
        compute: stepping(
          (own) => {
            const [value, grads] = valueAndGrad(loss)(own.map((p) => p.ref)) as [JaxArray, JaxArray[]];
            return [...own.map((parameter, i) => sgd(lr)(parameter, grads[i])), value];
          },
          own,
          (next) => next.slice(count),
        ),
      };
    }
    return {
      compute: stepping(
        ([t, ...state]) => {
          const own = state.slice(0, count);
          const [value, grads] = valueAndGrad(loss)(own.map((p) => p.ref)) as [JaxArray, JaxArray[]];
          return [...adamAll(lr, t, own, state.slice(count, 2 * count), state.slice(2 * count), grads), value];
        },
        [np.zeros([]), ...own, ...own.map(zerosLike), ...own.map(zerosLike)],
        (next) => next.slice(1 + 3 * count),
      ),
    };
  },
  predict: ({ model }, operands) =>
    jitted((x, ...own) => [apply(model, own, x)], [operands.x, ...parameters(model, operands)]),
};

const tensors: Tensors<JaxArray> = {
  from: ({ shape, values }) => np.array(values as Float32Array<ArrayBuffer>).reshape([...shape]),
  read: (array) => array.ref.dataSync(),
  release: (outputs) => {
    for (const array of outputs) array.dispose();
  },
  dispose: (array) => array.dispose(),
};

export const load: LoadPeer = async () => {
  const devices = await init('wasm');
  if (!devices.includes('wasm')) throw new Refusal('no wasm backend');
  defaultDevice('wasm');
  const manifest = new URL('../node_modules/@jax-js/jax/package.json', import.meta.url);
  return {
    name: 'jax-js',
    version: JSON.parse(readFileSync(manifest, 'utf8')).version,
    manner:
      'on its `wasm` backend, every call one function compiled by `jit`, traced before the clock starts; gradients by `vjp` inside of it, so that what its compiler does not drop of the forward pass is in their time. A training step with its optimizer, written out in array operations, is one compiled function.',
    prepare: (problem) => prepare(problem, computations, tensors, 'not here'),
  };
};
