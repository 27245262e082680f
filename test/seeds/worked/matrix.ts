/** Matrices as rows of numbers, for the worked examples: plain float64, written to be read. */
export type Matrix = number[][];

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]) => sum(values) / values.length;
export const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((value, i) => value * b[i]));

export const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));

/** A·B. */
export const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => transpose(b).map((column) => dot(row, column)));

/** The column sums. */
export const sumRows = (a: Matrix): number[] => transpose(a).map(sum);

/** Rows of `width` elements. */
export const rowsOf = (values: readonly number[], width: number): Matrix =>
  Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width));
