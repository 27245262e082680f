/** Shapes from real networks, so that a figure means something. */
export const shapes = {
  /** LeNet-5's first feature map at batch 32; the hidden layer of GPT-2 small's MLP for 128 tokens. */
  activation: { 'LeNet 32×6×28×28': [32, 6, 28, 28], 'GPT-2 128×3072': [128, 3072] },
  /** GPT-2 small's residual stream: 512 tokens of 768 features. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 } },
  /** The scores of GPT-2 small's 12 attention heads, 256 tokens; ten classes at batch 64. */
  softmax: { 'GPT-2 12·256×256': { rows: 3072, C: 256 }, 'digits 64×10': { rows: 64, C: 10 } },
  /** The scores of GPT-2 small's 12 attention heads, 256 tokens; ten classes at batch 64. */
  softmax: { 'GPT-2 12·256×256': { rows: 3072, C: 256 }, 'digits 64×10': { rows: 64, C: 10 } },
  /** LeNet's digits, and a language model's head over GPT-2's vocabulary. */
  crossEntropy: { 'LeNet 64×10': { N: 64, C: 10 }, 'GPT-2 head 512×50257': { N: 512, C: 50257 } },
  /** An autoencoder's reconstruction error: a batch of 1024 images of 32×32. */
  elementwiseLoss: { '1024×32×32': { size: 1 << 20 } },
  /** Pooling layers: images of H × W on `planes` planes (batch × channels), square windows of K places. */
  maxPool2d: {
    'LeNet 32×6×28×28, 2×2': { planes: 192, H: 28, W: 28, K: 2, stride: 2, padding: 0 },
    'ResNet stem 64×112×112, 3×3/2': { planes: 64, H: 112, W: 112, K: 3, stride: 2, padding: 1 },
    'VGG 64×224×224, 2×2': { planes: 64, H: 224, W: 224, K: 2, stride: 2, padding: 0 },
    'Inception 192×28×28, 3×3/1': { planes: 192, H: 28, W: 28, K: 3, stride: 1, padding: 1 },
  },
  avgPool2d: {
    'LeNet 32×6×28×28, 2×2': { planes: 192, H: 28, W: 28, K: 2, stride: 2, padding: 0 },
    'DenseNet transition 128×56×56, 2×2': { planes: 128, H: 56, W: 56, K: 2, stride: 2, padding: 0 },
    'Inception 192×28×28, 3×3/1': { planes: 192, H: 28, W: 28, K: 3, stride: 1, padding: 1 },
  },
  globalAvgPool2d: { 'ResNet 512×7×7': { planes: 512, H: 7, W: 7 } },
  /** A parameter's elements, for optimizers. */
  parameter: { 'LeNet fc1 120×400': 120 * 400, 'ResNet 512→512 3×3': 512 * 512 * 9 },
  /** Activations, element by element. */
  dropout: { 'GPT-2 512×768': 512 * 768 },
} as const;
