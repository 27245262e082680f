import { Adam, AdamW, clipGradNorm, Parameter, RMSprop, SGD } from '../../../src/index.ts';
import { type Context, copyOf, type Mapping, type Results, scalar } from '../context.ts';
import type { Values } from '../format.ts';

interface Stepping {
  step(): void;
  zeroGrad(): void;
  dispose(): void;
}

/** Each optimizer, set up from a case's attributes. */
export const optimizers: Record<string, (c: Context, parameters: Parameter[]) => Stepping> = {
  sgd: (c, parameters) =>
    new SGD(parameters, c.given('lr', 'momentum', 'dampening', 'nesterov', 'weight_decay', 'maximize')),
  adam: (c, parameters) => new Adam(parameters, c.given('lr', 'betas', 'eps', 'weight_decay', 'amsgrad', 'maximize')),
  adamw: (c, parameters) => new AdamW(parameters, c.given('lr', 'betas', 'eps', 'weight_decay', 'amsgrad', 'maximize')),
  rmsprop: (c, parameters) =>
    new RMSprop(parameters, c.given('lr', 'alpha', 'eps', 'weight_decay', 'momentum', 'centered', 'maximize')),
};

/** The case's inputs PREFIX0, PREFIX1, …. */
function numbered(c: Context, prefix: string): Values[] {
  const list: Values[] = [];
  while (c.has(`${prefix}${list.length}`)) list.push(c.values(`${prefix}${list.length}`));
  return list;
}

/** Parameters of the same shapes; what they hold is undefined. */
const parametersLike = (c: Context, values: Values[]): Parameter[] =>
  values.map(({ shape }) => c.own(new Parameter(c.core, shape, c.dtype)));

/** Gradients g0, g1, … are handed in, one a step; the parameters are expected after each. */
function steps(c: Context, kind: string): Results {
  const start = numbered(c, 'p');
  const gradients = numbered(c, 'g');
  const parameters = parametersLike(c, start);
  parameters.forEach((parameter, k) => void parameter.set(start[k].data));
  const optimizer = c.own(optimizers[kind](c, parameters));
  const count = c.attr('steps', gradients[0].shape[0]);
  const after = parameters.map(({ size }) => new Float64Array(count * size));
  for (let s = 0; s < count; s++) {
    parameters.forEach(({ grad, size }, k) => void grad.set(gradients[k].data.slice(s * size, (s + 1) * size)));
    optimizer.step();
    parameters.forEach(({ data, size }, k) => void after[k].set(data, s * size));
  }
  return Object.fromEntries(
    parameters.map(({ shape }, k) => [`p${k}_after`, { shape: [count, ...shape], data: after[k] }]),
  );
}

export const optimizer: Record<string, Mapping> = {
  ...Object.fromEntries(Object.keys(optimizers).map((kind) => [`optimizer:${kind}`, (c) => steps(c, kind)])),

  clip_grad_norm: (c) => {
    const gradients = numbered(c, 'g');
    const parameters = parametersLike(c, gradients);
    parameters.forEach(({ grad }, k) => void grad.set(gradients[k].data));
    const norm = clipGradNorm(parameters, c.attr('max_norm', 1), c.given('norm_type'));
    const after = parameters.map(({ grad }, k) => [`g${k}_after`, copyOf(grad)]);
    return { total_norm: scalar(norm), ...Object.fromEntries(after) };
  },
};
