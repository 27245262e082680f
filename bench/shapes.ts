/** Shapes from real networks, so that a figure means something. A name of more than 27 letters takes a line of its own. */
export const shapes = {
  /** Images [N, 1, 28, 28] of LeNet-5's training step. */
  lenet: { 'batch 32': { N: 32 } },
  /** out [M, N] = a [M, K]·b [K, N]. */
  gemm: {
    '256³': { M: 256, K: 256, N: 256 },
    '256³ aᵀ·b': { M: 256, K: 256, N: 256, transposeA: true },
    '256³ a·bᵀ': { M: 256, K: 256, N: 256, transposeB: true },
    '512³': { M: 512, K: 512, N: 512 },
    'LeNet fc1 64×400·400×120': { M: 64, K: 400, N: 120 },
    'MLP 32×784·784×128': { M: 32, K: 784, N: 128 },
    'GPT-2 128×768·768×3072': { M: 128, K: 768, N: 3072 },
    'one row 1×1024·1024×1024': { M: 1, K: 1024, N: 1024 },
  },
  /** x [rows, inputs] → out [rows, outputs]. */
  linear: {
    'LeNet fc1 64×400→120': { rows: 64, inputs: 400, outputs: 120 },
    'MLP 32×784→128': { rows: 32, inputs: 784, outputs: 128 },
  },
  /** x [N, C, H, W] → out [N, O, …]; a plain number before × is the batch. */
  conv2d: {
    'ResNet 64→64 3×3 56×56': { N: 1, C: 64, H: 56, W: 56, O: 64, k: 3, padding: 1 },
    'ResNet 8× 32→32 3×3 28×28': { N: 8, C: 32, H: 28, W: 28, O: 32, k: 3, padding: 1 },
    'ResNet 3→64 7×7/2 224×224': { N: 1, C: 3, H: 224, W: 224, O: 64, k: 7, stride: 2, padding: 3 },
    'ResNet 64→256 1×1 56×56': { N: 1, C: 64, H: 56, W: 56, O: 256, k: 1 },
    'MobileNet 32 dw 3×3 112×112': { N: 1, C: 32, H: 112, W: 112, O: 32, k: 3, padding: 1, groups: 32 },
    'LeNet 32× 1→6 5×5 28×28': { N: 32, C: 1, H: 28, W: 28, O: 6, k: 5, padding: 2 },
    'LeNet 32× 6→16 5×5 14×14': { N: 32, C: 6, H: 14, W: 14, O: 16, k: 5 },
  },
  /** GPT-2 small's residual stream: 512 tokens of 768 features. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 } },
} as const;
