import { type Matrix, multiply, sumRows, transpose } from './matrix.ts';

const x: Matrix = [
  [1, 2, -1],
  [0, 3, 1],
];
const weight: Matrix = [
  [1, 0, 2],
  [-1, 1, 1],
];
const bias = [1, -2];
const dy: Matrix = [
  [1, -1],
  [2, 1],
];

export const forward = (x: Matrix, weight: Matrix, bias: number[]): Matrix =>
  multiply(x, transpose(weight)).map((row) => row.map((value, k) => value + bias[k]));

export const dense = {
  ...{ x, weight, bias, dy },
  y: forward(x, weight, bias),
  dx: multiply(dy, weight),
  dweight: multiply(transpose(dy), x),
  dbias: sumRows(dy),
};
