/**
 * The formulas of assembly/kernels/binary.ts, y = f(a, b), and which of a and b each gradient is computed from. The
 * kernels do not read the other: its address and strides may be anything, so its memory need not be kept.
 */
export const neededBy = {
  add: { da: '', db: '' },
  sub: { da: '', db: '' },
  mul: { da: 'b', db: 'a' },
  div: { da: 'b', db: 'ab' },
  maximum: { da: 'ab', db: 'ab' },
  minimum: { da: 'ab', db: 'ab' },
  pow: { da: 'ab', db: 'ab' },
} as const satisfies Record<string, { da: '' | 'a' | 'b' | 'ab'; db: '' | 'a' | 'b' | 'ab' }>;

export type BinaryFormula = keyof typeof neededBy;

/** The formulas of assembly/kernels/compare.ts, which are 1 or 0 and have no gradient. */
export const comparisons = ['less', 'lessEqual', 'equal'] as const;

export type Comparison = (typeof comparisons)[number];
