import type { Draw } from '../../support/cuts.ts';

/** The kernels `<formula><pass>` of several formulas, which all take the same. */
export const each = (formulas: readonly string[], pass: string, draw: Draw): Record<string, Draw> =>
  Object.fromEntries(formulas.map((formula) => [formula + pass, draw]));
