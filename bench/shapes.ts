/** Shapes from real networks, so that a figure means something. */
export const shapes = {
  /** LeNet-5's first feature map at batch 32; the hidden layer of GPT-2 small's MLP for 128 tokens. */
  activation: { 'LeNet 32×6×28×28': [32, 6, 28, 28], 'GPT-2 128×3072': [128, 3072] },
  /** GPT-2 small's residual stream: 512 tokens of 768 features. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 } },
<<<<<<< HEAD
<<<<<<< HEAD
  /** The scores of GPT-2 small's 12 attention heads, 256 tokens; ten classes at batch 64. */
  softmax: { 'GPT-2 12·256×256': { rows: 3072, C: 256 }, 'digits 64×10': { rows: 64, C: 10 } },
=======
  /** LeNet's digits, and a language model's head over GPT-2's vocabulary. */
  crossEntropy: { 'LeNet 64×10': { N: 64, C: 10 }, 'GPT-2 head 512×50257': { N: 512, C: 50257 } },
  /** An autoencoder's reconstruction error: a batch of 1024 images of 32×32. */
  elementwiseLoss: { '1024×32×32': { size: 1 << 20 } },
>>>>>>> loss
=======
  /** A parameter's elements, for optimizers. */
  parameter: { 'LeNet fc1 120×400': 120 * 400, 'ResNet 512→512 3×3': 512 * 512 * 9 },
  /** Activations, element by element. */
  dropout: { 'GPT-2 512×768': 512 * 768 },
>>>>>>> optim
} as const;
