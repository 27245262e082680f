/** ∂f/∂values[i] by central differences: a gradient that owes nothing to any derivation. */
export function differences(f: (values: number[]) => number, values: readonly number[], step = 1e-5): number[] {
  const moved = (i: number, by: number) => f(values.map((value, j) => (j === i ? value + by : value)));
  return values.map((_, i) => (moved(i, step) - moved(i, -step)) / (2 * step));
}
