/** Shapes from real networks, so that a figure means something. */
export const shapes = {
  /** GPT-2 small's residual stream: 512 tokens of 768 features. */
  layerNorm: { 'GPT-2 512×768': { rows: 512, C: 768 } },
} as const;
