/** A tensor as an oracle sees it: row-major values and a shape. */
export interface Operand {
  shape: readonly number[];
  values: ArrayLike<number>;
}

/** Every index of a shape, in row-major order. */
export function* indicesOf(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) yield [];
  else
    for (const index of indicesOf(shape.slice(0, -1)))
      for (let i = 0; i < shape[shape.length - 1]; i++) yield [...index, i];
}

/** Where `index` of the broadcast shape lies in an operand: axes match from the back, and those of size 1 stay at 0. */
export function positionOf(index: readonly number[], shape: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return shape.reduce((position, size, axis) => position * size + (size === 1 ? 0 : own[axis]), 0);
}

/** f of the operands at every index of `shape`. */
export function broadcast(
  shape: readonly number[],
  operands: readonly Operand[],
  f: (...values: number[]) => number,
): Float64Array {
  const at = (index: number[]) => operands.map((operand) => operand.values[positionOf(index, operand.shape)]);
  return Float64Array.from(indicesOf(shape), (index) => f(...at(index)));
}

/** The sums of `terms`, one for each index of `shape`, over the axes along which `to` is broadcast; and of their sizes. */
export function summedTo(to: readonly number[], shape: readonly number[], terms: ArrayLike<number>) {
  const size = to.reduce((product, n) => product * n, 1);
  const sum = new Float64Array(size);
  const magnitude = new Float64Array(size);
  let i = 0;
  for (const index of indicesOf(shape)) {
    sum[positionOf(index, to)] += terms[i];
    magnitude[positionOf(index, to)] += Math.abs(terms[i]);
    i++;
  }
  return { sum, magnitude };
}

/** A function of two numbers and its gradients, given dy. */
export interface Binary {
  f(a: number, b: number): number;
  da(dy: number, a: number, b: number): number;
  db(dy: number, a: number, b: number): number;
}

/** aᵇ as in C, which has 1 where JavaScript has NaN. */
export function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return a ** b;
}

export const binaries = {
  add: { f: (a, b) => a + b, da: (dy) => dy, db: (dy) => dy },
  sub: { f: (a, b) => a - b, da: (dy) => dy, db: (dy) => -dy },
  mul: { f: (a, b) => a * b, da: (dy, _a, b) => dy * b, db: (dy, a) => dy * a },
  div: { f: (a, b) => a / b, da: (dy, _a, b) => dy / b, db: (dy, a, b) => (-dy * (a / b)) / b },
  maximum: {
    f: (a, b) => Math.max(a, b),
    da: (dy, a, b) => (a < b ? 0 : a === b ? dy / 2 : dy),
    db: (dy, a, b) => (b < a ? 0 : a === b ? dy / 2 : dy),
  },
  minimum: {
    f: (a, b) => Math.min(a, b),
    da: (dy, a, b) => (a > b ? 0 : a === b ? dy / 2 : dy),
    db: (dy, a, b) => (b > a ? 0 : a === b ? dy / 2 : dy),
  },
  pow: {
    f: power,
    da: (dy, a, b) => (b === 0 ? 0 : dy * (b * power(a, b - 1))),
    db: (dy, a, b) => dy * (a === 0 && b >= 0 ? 0 : power(a, b) * Math.log(a)),
  },
} satisfies Record<string, Binary>;

export const comparisons = {
  less: (a: number, b: number) => Number(a < b),
  lessEqual: (a: number, b: number) => Number(a <= b),
  equal: (a: number, b: number) => Number(a === b),
};
