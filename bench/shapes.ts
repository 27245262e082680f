/** Shapes from real networks, so that a figure means something. */
export const shapes = {
  /** GPT-2 small's residual stream: 512 tokens of 768 features. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 } },
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
} as const;
