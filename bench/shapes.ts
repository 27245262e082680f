/** Shapes from real networks, so that a figure means something. A name of more than 27 letters takes a line of its own. */
export const shapes = {
  /** LeNet-5's first feature map at batch 32; the hidden layer of GPT-2 small's MLP for 128 tokens. */
  activation: { 'LeNet 32×6×28×28': [32, 6, 28, 28], 'GPT-2 128×3072': [128, 3072] },
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
  /** GPT-2 small's residual stream: 512 tokens of 768 features; a batch of 16, out of cache. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 }, 'GPT-2 16·1024×768': { rows: 16384, C: 768 } },
  /** The scores of GPT-2 small's 12 attention heads, 256 tokens, and 1024, out of cache; ten classes at batch 64. */
  softmax: {
    'GPT-2 12·256×256': { rows: 3072, C: 256 },
    'GPT-2 12·1024×1024': { rows: 12288, C: 1024 },
    'digits 64×10': { rows: 64, C: 10 },
  },
  /** LeNet's digits, and a language model's head over GPT-2's vocabulary. */
  crossEntropy: { 'LeNet 64×10': { N: 64, C: 10 }, 'GPT-2 head 512×50257': { N: 512, C: 50257 } },
  /** An autoencoder's reconstruction error: a batch of 1024 images of 32×32; of 128×128, out of cache. */
  elementwiseLoss: { '1024×32×32': { size: 1 << 20 }, '1024×128×128': { size: 1 << 24 } },
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
  /** Gates over GPT-2 small's residual stream: two operands, a bias or a factor for each token, reductions. */
  stream: { 'GPT-2 512×768': { rows: 512, C: 768 } },
  /** A matrix, and GPT-2 small's heads brought before its tokens: axes 1 and 2 exchanged. */
  transpose: { '1024×1024': { rows: 1024, columns: 1024 } },
  permute: { 'GPT-2 8×128×12×64': [8, 128, 12, 64] },
  /** U-Net's skip connection: two feature maps on top of each other. GPT-2's q, k and v. Images cropped, then padded. */
  concat: { 'U-Net 8×64×32×32, twice': { N: 8, chunk: 64 * 32 * 32 } },
  split: { 'GPT-2 512×2304 in 3': { rows: 512, part: 768, parts: 3 } },
  slice: { 'crop 8×3×224×224 to 192×192': { planes: 24, size: 224, border: 16, step: 1 } },
  stride: { 'every other of 8×3×224×224': { planes: 24, size: 224, border: 0, step: 2 } },
  pad: { 'ResNet 8×64×56×56, by 1': { planes: 512, size: 56, border: 1 } },
  /** Tokens and their embeddings. */
  embedding: { '32×64 of 1000×128': { count: 32 * 64, V: 1000, D: 128 } },
  /** Scores of self-attention: q·kᵀ of T tokens and D features, for every image or sentence and every head. */
  attention: { '8×12 heads 64×64': { heads: 8 * 12, T: 64, D: 64 } },
  /** Layers that do next to nothing, one after another, and how often to pass through them. */
  chain: { depth: 16, passes: 64, size: 8 },
  /** Two linear layers for one row, and how often to pass through them in one call. */
  oneRow: {
    'MLP 1×64→64→10': { inputs: 64, hidden: 64, outputs: 10, passes: 32 },
    'MLP 1×784→128→10': { inputs: 784, hidden: 128, outputs: 10, passes: 4 },
  },
  /** Activations, element by element; a batch of 16, out of cache. */
  dropout: { 'GPT-2 512×768': 512 * 768, 'GPT-2 16·1024×768': 16 * 1024 * 768 },
} as const;
