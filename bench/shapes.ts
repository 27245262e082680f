/** Shapes from real networks, so that a figure means something. */
export const shapes = {
  /** GPT-2 small's residual stream: 512 tokens of 768 features. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 } },
  /** LeNet's digits, and a language model's head over GPT-2's vocabulary. */
  crossEntropy: { 'LeNet 64×10': { N: 64, C: 10 }, 'GPT-2 head 512×50257': { N: 512, C: 50257 } },
  /** An autoencoder's reconstruction error: a batch of 1024 images of 32×32. */
  elementwiseLoss: { '1024×32×32': { size: 1 << 20 } },
} as const;
