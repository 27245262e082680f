import { relu, reluBackward } from './activation.ts';
import * as conv from './conv2d.ts';
import { crossEntropyBackward, crossEntropyForward } from './crossentropy.ts';
import { type Linear, linearBackward, linearForward } from './linear.ts';
import { maxPool2dBackward, maxPool2dForward } from './pool2d.ts';

/** A layer with its buffers: forward fills and returns `out`, backward fills and returns the gradient of its input. */
interface Layer {
  forward(x: Float32Array): Float32Array;
  backward(dout: Float32Array): Float32Array;
}

/** One parameter and its gradient. */
interface Parameter {
  value: Float32Array;
  grad: Float32Array;
}

/** LeNet-5 with softmax cross-entropy and plain SGD, all its buffers made once. */
export class LeNet {
  readonly parameters: Parameter[];
  private readonly layers: Layer[];
  private readonly probabilities: Float32Array;
  private readonly dlogits: Float32Array;

  /** `parameters`: values in PyTorch's order, weight before bias, layer after layer. They are trained in place. */
  constructor(batch: number, parameters: Float32Array[]) {
    this.parameters = parameters.map((value) => ({ value, grad: new Float32Array(value.length) }));
    const [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5] = this.parameters;
    const N = batch;
    this.layers = [
      convolution(conv.conv2d({ N, C: 1, H: 28, W: 28, O: 6, kh: 5, kw: 5, padding: 2 }), w1, b1, 'first'),
      rectifier(N * 6 * 28 * 28),
      maxPool(N * 6, 28, 28),
      convolution(conv.conv2d({ N, C: 6, H: 14, W: 14, O: 16, kh: 5, kw: 5 }), w2, b2),
      rectifier(N * 16 * 10 * 10),
      maxPool(N * 16, 10, 10),
      linear({ rows: N, inputs: 400, outputs: 120 }, w3, b3),
      rectifier(N * 120),
      linear({ rows: N, inputs: 120, outputs: 84 }, w4, b4),
      rectifier(N * 84),
      linear({ rows: N, inputs: 84, outputs: 10 }, w5, b5),
    ];
    this.probabilities = new Float32Array(N * 10);
    this.dlogits = new Float32Array(N * 10);
  }

  /** One step on a batch [N, 1, 28, 28] with its labels; returns the loss before it. */
  step(x: Float32Array, labels: Int32Array, lr: number): number {
    let y = x;
    for (const layer of this.layers) y = layer.forward(y);
    const loss = crossEntropyForward(this.probabilities, y, labels, 10);
    for (const { grad } of this.parameters) grad.fill(0);
    crossEntropyBackward(this.dlogits, this.probabilities, labels, 10);
    let dy = this.dlogits;
    for (let i = this.layers.length - 1; i >= 0; i--) dy = this.layers[i].backward(dy);
    for (const { value, grad } of this.parameters) descend(value, grad, lr);
    return loss;
  }
}

function descend(value: Float32Array, grad: Float32Array, lr: number): void {
  for (let i = 0; i < value.length; i++) value[i] -= lr * grad[i];
}

/** The first layer leaves out the gradient of its input, which nobody asks for. */
function convolution(sizes: conv.Conv2d, weight: Parameter, bias: Parameter, place?: 'first'): Layer {
  const out = new Float32Array(sizes.N * sizes.O * sizes.OH * sizes.OW);
  const dx = new Float32Array(place === 'first' ? 0 : sizes.N * sizes.C * sizes.H * sizes.W);
  let input: Float32Array = dx;
  return {
    forward(x) {
      input = x;
      conv.conv2dForward(out, x, weight.value, bias.value, sizes);
      return out;
    },
    backward(dout) {
      conv.conv2dBackwardWeight(weight.grad, dout, input, sizes);
      conv.conv2dBackwardBias(bias.grad, dout, sizes);
      if (place !== 'first') conv.conv2dBackwardInput(dx, dout, weight.value, sizes);
      return dx;
    },
  };
}

function linear(sizes: Linear, weight: Parameter, bias: Parameter): Layer {
  const out = new Float32Array(sizes.rows * sizes.outputs);
  const dx = new Float32Array(sizes.rows * sizes.inputs);
  let input: Float32Array = dx;
  return {
    forward(x) {
      input = x;
      linearForward(out, x, weight.value, bias.value, sizes);
      return out;
    },
    backward(dout) {
      linearBackward(dx, weight.grad, bias.grad, dout, input, weight.value, sizes);
      return dx;
    },
  };
}

function rectifier(size: number): Layer {
  const out = new Float32Array(size);
  const dx = new Float32Array(size);
  return {
    forward(x) {
      relu(out, x);
      return out;
    },
    backward(dout) {
      reluBackward(dx, dout, out);
      return dx;
    },
  };
}

function maxPool(planes: number, H: number, W: number): Layer {
  const sizes = { planes, H, W, K: 2, stride: 2, padding: 0 };
  const out = new Float32Array((planes * H * W) / 4);
  const argmax = new Int32Array(out.length);
  const dx = new Float32Array(planes * H * W);
  return {
    forward(x) {
      maxPool2dForward(out, argmax, x, sizes);
      return out;
    },
    backward(dout) {
      maxPool2dBackward(dx, dout, argmax);
      return dx;
    },
  };
}
