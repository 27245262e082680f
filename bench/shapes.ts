/** Shapes from real networks, so that a figure means something. */
export const shapes = {
  /** GPT-2 small's residual stream: 512 tokens of 768 features. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 } },
  /** A parameter's elements, for optimizers. */
  parameter: { 'LeNet fc1 120×400': 120 * 400, 'ResNet 512→512 3×3': 512 * 512 * 9 },
  /** Activations, element by element. */
  dropout: { 'GPT-2 512×768': 512 * 768 },
} as const;
