import { reject } from '../check.ts';
import type { Node } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { Layer } from './layer.ts';

/**
 * Layers one after another; each one's parameters are named by its position: `0.weight`, `3.bias`, …
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Layer {
  readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    const first = layers[0];
    if (!(first instanceof Layer)) reject('new Sequential', 'layers', 'at least one layer', first, TypeError);
    super('Sequential', first);
    this.layers = layers;
    layers.forEach((layer, i) => {
      if (layers.indexOf(layer) < i) {
        throw new Error(
          `new Sequential: layer ${i} is layer ${layers.indexOf(layer)} again: use fork() to share parameters`,
        );
      }
      this.child(String(i), layer);
    });
  }

  override expand(x: Node): Node {
    return this.layers.reduce((y, layer) => layer.apply(y), x);
  }

  override forward(x: Tensor): Tensor {
    let y = x;
    for (let i = 0; i < this.layers.length; i++) y = this.layers[i].forward(y);
    return y;
  }

  override backward(dy: Tensor): Tensor {
    return this.layers[0].backward(this.backwardToFirst(dy));
  }

  override backwardParameters(dy: Tensor): void {
    this.layers[0].backwardParameters(this.backwardToFirst(dy));
  }

  /** dL/d(output of layer 0). */
  private backwardToFirst(dy: Tensor): Tensor {
    let gradient = dy;
    for (let i = this.layers.length - 1; i > 0; i--) gradient = this.layers[i].backward(gradient);
    return gradient;
  }
}
