// One parameter, two gradients; every optimizer starts from the same place.
const theta = 1;
const gradients = [0.5, -0.25];
const lr = 0.1;
const momentum = 0.9;
const [beta1, beta2] = [0.9, 0.999];
// Not the default 0.99, with which the first step of RMSprop would be ten times lr.
const alpha = 0.75;
const weightDecay = 0.1;
const eps = 1e-8;

/** θ after each step; `update` sees θ, the gradient and the step number from 1. */
function run(update: (theta: number, g: number, t: number) => number): number[] {
  let now = theta;
  return gradients.map((g, i) => {
    now = update(now, g, i + 1);
    return now;
  });
}

function sgd(nesterov: boolean): number[] {
  let v = 0;
  return run((theta, g) => {
    v = momentum * v + g;
    return theta - lr * (nesterov ? g + momentum * v : v);
  });
}

function adam(decay: number): number[] {
  let m = 0;
  let v = 0;
  return run((theta, g, t) => {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const mhat = m / (1 - beta1 ** t);
    const vhat = v / (1 - beta2 ** t);
    return (1 - lr * decay) * theta - (lr * mhat) / (Math.sqrt(vhat) + eps);
  });
}

function rmsprop(): number[] {
  let v = 0;
  return run((theta, g) => {
    v = alpha * v + (1 - alpha) * g * g;
    return theta - (lr * g) / (Math.sqrt(v) + eps);
  });
}

export const optimizers = {
  ...{ theta, gradients, lr, momentum, beta1, beta2, alpha, weightDecay, eps },
  sgd: run((theta, g) => theta - lr * g),
  sgdMomentum: sgd(false),
  sgdNesterov: sgd(true),
  adam: adam(0),
  adamw: adam(weightDecay),
  rmsprop: rmsprop(),
};
