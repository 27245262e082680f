import { checkInteger, checkNumber, checkOptions, reject, show } from './check.ts';
import { checkTensor } from './check-tensor.ts';
import { type Core, coreOf } from './core/core.ts';
import { keepingState } from './layers/keeping-state.ts';
import { type Flow, Layer, type Upstream } from './layers/layer.ts';
import type { Parameter } from './parameter.ts';
import { checkShape, type Shape, sameShape } from './shape.ts';
import { Tensor } from './tensor.ts';

export interface GradCheckOptions {
  /** Seeds generated inputs, upstream gradients and whatever the layer draws, such as dropout's mask (default 0). */
  seed?: number;
  /** The largest finite-difference step, relative to max(1, |element|) (default 1e-3). */
  eps?: number;
  /** The largest relative error that passes (default 1e-6; smooth layers stay below 1e-8). */
  tolerance?: number;
}

export interface GradCheckResult {
  /** Whether every gradient is within `tolerance`. */
  ok: boolean;
  maxRelativeError: number;
  /**
   * Where `maxRelativeError` is: a parameter's name, or `x` (`x[0]`, `x[1]`, … where there are several inputs;
   * `prediction` and `target` of a loss), and the element's position in row-major order.
   */
  worst: { tensor: string; index: number; analytic: number; numeric: number };
}

/** What a loss must have to be checked; `backwardTarget` where it can give the target's gradient. */
export interface CheckableLoss {
  readonly core?: Core;
  forward(prediction: Tensor, target: Tensor): number | Tensor;
  backward(upstream?: number | Tensor): Tensor;
  backwardTarget?(upstream?: number | Tensor): Tensor;
  /** Runs `action` without touching what the last forward kept; a loss without this is simply run. */
  aside?<T>(action: () => T): T;
}

/** An input to a layer under check: a tensor, or the shape of one to generate. */
export type GradCheckInput = Tensor | Shape;

/** What is checked, bound to its inputs: a layer or a loss. */
interface Subject {
  core: Core;
  inputs: { name: string; tensor: Tensor }[];
  parameters: [name: string, parameter: Parameter][];
  /** State that forward may change without being trained: running statistics. */
  buffers: Tensor[];
  forward(): readonly (number | Tensor)[];
  /** One gradient per input; undefined for an input that has none. */
  backward(upstream: (number | Tensor)[]): (Tensor | undefined)[];
}

/** A tensor whose gradient is compared, and what backward said that it is. */
interface Checked {
  name: string;
  tensor: Tensor;
  analytic: Float64Array;
}

/** A difference quotient, and Σ|dy∘y| over the outputs that the element reaches: what the quotient's rounding scales with. */
interface Estimate {
  slope: number;
  reach: number;
}

/** Agreement that needs no smaller step. */
const settled = 1e-9;
const refinements = 4;

/**
 * Holds the gradients that `backward` gives against finite differences of `forward`, for every element of every
 * float input and of every parameter, under a random upstream gradient dy.
 *
 * With L = Σ dy∘y the quotient is that of fourth order,
 *
 *     ∂L/∂x ≈ (−L(x+2h) + 8L(x+h) − 8L(x−h) + L(x−2h))/12h,    error about h⁴/30·|L⁽⁵⁾| + u/h·|L|,
 *
 * which at h = 1e-3 leaves some 1e-13 of the value; (L(x+h) − L(x−h))/2h has h²/6·|L‴| and gets no better than 1e-10
 * at any h. Each output is subtracted from itself before the sum, so that outputs which x does not reach add no
 * rounding. Where the quotient disagrees, h is divided by 4 a few times and the estimate that changed least is taken,
 * wherever the analytic gradient lies: strongly curved places and kinks within 2h need it.
 *
 * An element's error is |a − n|/max(|a|, |n|, 1e-3·S, 1e-3·V) with S the largest gradient of all and V = Σ|dy∘y| over
 * the outputs that it reaches (divided by |x| where that is above 1): far below these both sides are rounding.
 * NaN counts as an infinite error. Parameter gradients are those that a second backward pass ADDS, so that one which
 * overwrites is found out.
 *
 * Generated inputs lie in ±[0.25, 2] and no two of a tensor have the same magnitude: no ReLU is at its kink and no
 * maximum is tied. Give tensors where the domain or the kinks are elsewhere (Log, class labels).
 *
 * The layer runs in the mode it is in. Parameters, gradients, running statistics, the activations of an earlier
 * forward and the random generator are left bit for bit as they were.
 *
 * @param layer a layer of dtype 'f64', or a loss, whose inputs are prediction and target
 * @param inputs a shape or a tensor, or an array of these; one alone serves a loss's prediction and target both.
 *   i32 tensors are handed on, having no gradient
 * @throws TypeError for a layer or tensor that is not f64; and what `forward` throws for inputs that do not suit it
 */
export function gradCheck<In extends readonly Tensor[], Out extends Flow>(
  layer: Layer<In, Out> | CheckableLoss,
  inputs: GradCheckInput | readonly GradCheckInput[],
  options: GradCheckOptions = {},
): GradCheckResult {
  checkOptions('gradCheck', options, ['seed', 'eps', 'tolerance']);
  const seed = checkInteger('gradCheck', 'seed', options.seed ?? 0, 0, Number.MAX_SAFE_INTEGER);
  const eps = checkNumber('gradCheck', 'eps', options.eps ?? 1e-3, Number.EPSILON, 0.1);
  const tolerance = checkNumber('gradCheck', 'tolerance', options.tolerance ?? 1e-6, 0);
  checkSubject(layer);
  const given = inputList(inputs);
  const core = layer.core ?? given.find((input) => input instanceof Tensor)?.core ?? coreOf('gradCheck');
  given.forEach((input, i) => void checkInput(core, given.length > 1 ? `inputs[${i}]` : 'inputs', input));

  const random = core.random.state;
  const owned: Tensor[] = [];
  const own = (tensor: Tensor): Tensor => owned[owned.push(tensor) - 1];
  core.random.restart(seed);
  try {
    const tensors = given.map((input) => own(input instanceof Tensor ? input.clone() : generate(core, input)));
    if (!(layer instanceof Layer)) {
      const target = tensors[1] ?? own(given[0] instanceof Tensor ? tensors[0].clone() : generate(core, given[0]));
      const check = () => compare(lossSubject(layer, core, tensors[0], target), eps, tolerance, own);
      return layer.aside ? layer.aside(check) : check();
    }
    return layer.aside(() => keepingState(layer, () => compare(layerSubject(layer, tensors), eps, tolerance, own)));
  } finally {
    for (const tensor of owned) tensor.dispose();
    core.random.state = random;
  }
}

function compare(subject: Subject, eps: number, tolerance: number, own: (tensor: Tensor) => Tensor): GradCheckResult {
  const { core, buffers } = subject;
  const random = core.random.state;
  const statistics = buffers.map((buffer) => buffer.toArray());
  const run = () => {
    core.random.state = random;
    buffers.forEach((buffer, i) => void buffer.data.set(statistics[i]));
    return subject.forward();
  };
  const values = () => run().map((y) => (typeof y === 'number' ? [y] : y.toArray()));

  const upstream = run().map((y) => {
    const dy = own(Tensor.randn(typeof y === 'number' ? [] : y.shape, { dtype: 'f64', core }));
    return typeof y === 'number' ? dy.data[0] : dy;
  });
  const dy = upstream.map((gradient) => (typeof gradient === 'number' ? [gradient] : gradient.toArray()));
  const checked = analyticGradients(subject, () => {
    run();
    return subject.backward(upstream);
  });

  /** (L(x+h) − L(x−h))/2h in element i, with the step that rounding leaves of x ± h. */
  const central = (tensor: Tensor, i: number, h: number): Estimate => {
    const x = tensor.data[i];
    tensor.data[i] = x + h;
    const above = values();
    tensor.data[i] = x - h;
    const below = values();
    tensor.data[i] = x;
    let sum = 0;
    let reach = 0;
    dy.forEach((gradient, k) => {
      for (let j = 0; j < gradient.length; j++) {
        const difference = above[k][j] - below[k][j];
        sum += gradient[j] * difference;
        if (difference !== 0) reach += Math.abs(gradient[j] * above[k][j]);
      }
    });
    return { slope: sum / (x + h - (x - h)), reach: reach / Math.max(1, Math.abs(x)) };
  };

  let maxRelativeError = -1;
  let worst = { tensor: '', index: 0, analytic: 0, numeric: 0 };
  const largest = Math.max(...checked.map(({ analytic }) => largestOf(analytic)));
  for (const { name, tensor, analytic } of checked) {
    for (let index = 0; index < analytic.length; index++) {
      const a = analytic[index];
      const relativeError = ({ slope, reach }: Estimate) => {
        if (!Number.isFinite(a) || !Number.isFinite(slope)) return Infinity;
        const scale = Math.max(Math.abs(a), Math.abs(slope), 1e-3 * largest, 1e-3 * reach);
        return a === slope ? 0 : Math.abs(a - slope) / scale;
      };
      const fourthOrder = (h: number): Estimate => {
        const [fine, coarse] = [central(tensor, index, h), central(tensor, index, 2 * h)];
        return { slope: (4 * fine.slope - coarse.slope) / 3, reach: fine.reach };
      };
      const h = eps * Math.max(1, Math.abs(tensor.data[index]));
      const estimate = derivative(fourthOrder, h, (candidate) => relativeError(candidate) <= settled);
      if (relativeError(estimate) > maxRelativeError) {
        maxRelativeError = relativeError(estimate);
        worst = { tensor: name, index, analytic: a, numeric: estimate.slope };
      }
    }
  }
  return { ok: maxRelativeError <= tolerance, maxRelativeError, worst };
}

/** The quotient at h, or where that does not do, the one among finer steps that the last refinement changed least. */
function derivative(quotient: (h: number) => Estimate, h: number, agrees: (estimate: Estimate) => boolean): Estimate {
  let last = quotient(h);
  if (agrees(last)) return last;
  let best = last;
  let leastChange = Infinity;
  for (let k = 1; k <= refinements; k++) {
    const next = quotient(h / 4 ** k);
    const change = Math.abs(next.slope - last.slope);
    if (change < leastChange) [best, leastChange] = [next, change];
    last = next;
  }
  return best;
}

/** Two passes: inputs' gradients are those of the second, parameters' what the second added. */
function analyticGradients({ inputs, parameters }: Subject, pass: () => (Tensor | undefined)[]): Checked[] {
  for (const [, parameter] of parameters) parameter.grad.data.fill(0);
  pass();
  const before = parameters.map(([, parameter]) => parameter.grad.toArray());
  const gradients = pass();
  const ofInputs = inputs.flatMap(({ name, tensor }, i) => {
    if (tensor.dtype === 'i32') return [];
    const dx = gradients[i];
    if (!(dx instanceof Tensor) || !sameShape(dx.shape, tensor.shape)) {
      return reject('gradCheck', `the gradient of ${name} from backward`, show(tensor.shape), dx?.shape, TypeError);
    }
    return [{ name, tensor, analytic: Float64Array.from(dx.data) }];
  });
  const ofParameters = parameters.map(([name, tensor], i) => ({
    name,
    tensor,
    analytic: Float64Array.from(tensor.grad.data, (sum, j) => sum - before[i][j]),
  }));
  const checked = [...ofInputs, ...ofParameters];
  if (checked.length === 0) throw new TypeError('gradCheck: neither a float input nor a parameter to check');
  return checked;
}

function layerSubject<In extends readonly Tensor[], Out extends Flow>(
  layer: Layer<In, Out>,
  tensors: Tensor[],
): Subject {
  const parameters = layer.namedParameters();
  const trained = new Set<Tensor>(parameters.map(([, parameter]) => parameter));
  return {
    core: layer.core,
    inputs: tensors.map((tensor, i) => ({ name: tensors.length > 1 ? `x[${i}]` : 'x', tensor })),
    parameters,
    buffers: Object.values(layer.stateDict()).filter((tensor) => !trained.has(tensor)),
    forward: () => listOf(layer.forward(...(tensors as readonly Tensor[] as In))),
    backward: (upstream) => [...listOf(layer.backward(...(upstream as readonly unknown[] as Upstream<Out>)))],
  };
}

function lossSubject(loss: CheckableLoss, core: Core, prediction: Tensor, target: Tensor): Subject {
  const differentiable = target.dtype !== 'i32' && loss.backwardTarget !== undefined;
  return {
    core,
    inputs: [{ name: 'prediction', tensor: prediction }].concat(
      differentiable ? { name: 'target', tensor: target } : [],
    ),
    parameters: [],
    buffers: [],
    forward: () => [loss.forward(prediction, target)],
    backward: ([upstream]) => {
      const ofPrediction = loss.backward(upstream);
      return [ofPrediction, differentiable ? loss.backwardTarget?.(upstream) : undefined];
    },
  };
}

function checkSubject(layer: object): void {
  const { forward, backward } = (layer ?? {}) as Partial<CheckableLoss>;
  if (typeof forward !== 'function' || typeof backward !== 'function') {
    reject('gradCheck', 'layer', 'a layer or a loss', layer, TypeError);
  }
  if ('dtype' in layer && layer.dtype === 'f32') throw notF64(layer.constructor.name);
  if (!(layer instanceof Layer)) return;
  for (const [name, tensor] of Object.entries(layer.stateDict())) {
    if (tensor.isDisposed) throw new Error(`gradCheck: ${name} of ${layer.constructor.name} was disposed`);
  }
}

function inputList(inputs: GradCheckInput | readonly GradCheckInput[]): readonly GradCheckInput[] {
  if (inputs instanceof Tensor) return [inputs];
  if (!Array.isArray(inputs)) {
    return reject('gradCheck', 'inputs', 'a shape, a Tensor or an array of these', inputs, TypeError);
  }
  const isShape = inputs.every((entry) => typeof entry === 'number');
  return isShape ? [inputs as Shape] : (inputs as readonly GradCheckInput[]);
}

function checkInput(core: Core, argument: string, input: GradCheckInput): void {
  if (!(input instanceof Tensor)) checkShape('gradCheck', argument, input);
  else if (input.dtype === 'f32') throw notF64(argument);
  else checkTensor('gradCheck', argument, input, { core, dtype: input.dtype });
}

const notF64 = (what: string) => new TypeError(`gradCheck needs dtype 'f64': ${what} is 'f32'`);

/** Values in ±[0.25, 2] whose magnitudes are a shuffled, jittered ladder, so that no two are the same. */
function generate(core: Core, shape: Shape): Tensor {
  const tensor = Tensor.rand(shape, { dtype: 'f64', core });
  const draws = Tensor.rand([2, tensor.size], { dtype: 'f64', core });
  const u = draws.toArray();
  draws.dispose();
  const n = tensor.size;
  const rungs = Array.from({ length: n }, (_, i) => i).sort((i, j) => u[i] - u[j]);
  const { data } = tensor;
  for (let i = 0; i < n; i++) {
    const magnitude = 0.25 + (1.75 * (rungs[i] + 0.25 + 0.5 * data[i])) / n;
    data[i] = u[n + i] < 0.5 ? -magnitude : magnitude;
  }
  return tensor;
}

const listOf = <T>(flow: T | readonly T[]): readonly T[] => (Array.isArray(flow) ? flow : [flow as T]);

function largestOf(values: Float64Array): number {
  let most = 0;
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
}
