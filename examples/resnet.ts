import {
  Conv2d,
  type Conv2dLayerOptions,
  Graph,
  type LayerOptions,
  Linear,
  mean,
  type Node,
  Residual,
  relu,
  Sequential,
} from 'simdgrad';

export interface ResNetOptions extends LayerOptions {
  /** Channels of the first stage; the second has twice as many (default 16). */
  width?: number;
}

/**
 * A residual network for images [N, 1, H, W]; gives logits [N, 10]. The order within a block is that of He et al. 2016
 * (arXiv 1603.05027), the head is theirs too: the mean of each channel, and one linear layer.
 *
 *     28×28   stem: 5×5, stride 2
 *     14×14   stage 1: three blocks of `width` channels
 *      7×7    stage 2: three blocks of twice as many, the first with stride 2
 */
export function resnet({ width = 16, ...options }: ResNetOptions = {}): Graph<(x: Node) => Node> {
  const stem = heConv2d(1, width, 5, { stride: 2, padding: 2, ...options });
  const stage1 = stage(width, width, 1, options);
  const stage2 = stage(width, 2 * width, 2, options);
  const fc = new Linear(2 * width, 10, options);
  return new Graph((x: Node) => fc.apply(mean(relu(stage2.apply(stage1.apply(stem.apply(x)))), [2, 3])), {
    names: { stem, stage1, stage2, fc },
  });
}

function stage(inChannels: number, channels: number, stride: number, options: LayerOptions): Sequential {
  return new Sequential(
    block(inChannels, channels, stride, options),
    block(channels, channels, 1, options),
    block(channels, channels, 1, options),
  );
}

/**
 * y = x + conv2(relu(conv1(relu(x)))), or with a 1×1 convolution of x where its shape must change.
 *
 * Nothing normalises the activations. Instead conv2 starts at zero (as in Fixup, arXiv 1901.09321, and SkipInit, arXiv
 * 2002.10444): every block begins as the identity, so that neither activations nor gradients grow with the depth.
 */
function block(inChannels: number, channels: number, stride: number, options: LayerOptions): Residual {
  const conv1 = heConv2d(inChannels, channels, 3, { stride, padding: 1, ...options });
  const conv2 = new Conv2d(channels, channels, 3, { padding: 1, ...options });
  conv2.weight.fill(0);
  conv2.bias?.fill(0);
  const body = new Graph((x: Node) => conv2.apply(relu(conv1.apply(relu(x)))), { names: { conv1, conv2 } });
  if (inChannels === channels) return new Residual(body);
  return new Residual(body, { shortcut: heConv2d(inChannels, channels, 1, { stride, ...options }) });
}

/** A convolution that starts with weights of variance 2/fan-in, which keeps the scale through a ReLU (arXiv 1502.01852). */
function heConv2d(inChannels: number, outChannels: number, kernel: number, options: Conv2dLayerOptions): Conv2d {
  const conv = new Conv2d(inChannels, outChannels, kernel, options);
  conv.weight.fillNormal(0, Math.sqrt(2 / (inChannels * kernel ** 2)));
  conv.bias?.fill(0);
  return conv;
}
