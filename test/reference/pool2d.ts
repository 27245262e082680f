/** An axis of windows: their places, one list per output; places in the padding are kept, others are not. */
export interface Axis {
  size: number;
  padding: number;
  windows: number[][];
}

/** K places `dilation` apart, from every stride-th on, as long as PyTorch's rule admits one more window. */
export function axis(
  size: number,
  K: number,
  stride: number,
  padding: number,
  dilation: number,
  ceilMode: boolean,
): Axis {
  const windows: number[][] = [];
  const end = size + padding;
  for (let start = -padding; ; start += stride) {
    const places = Array.from({ length: K }, (_, k) => start + k * dilation);
    const fits = places[K - 1] < end;
    // With ceilMode one window may reach beyond the padding, if it starts before the right padding does.
    const beforeFits = places[K - 1] - stride < end - 1;
    if (!(fits || (ceilMode && beforeFits && start < size))) break;
    windows.push(places.filter((place) => place < end));
  }
  return { size, padding, windows };
}

/** The windows of an adaptive axis: place h is in window i where [h, h + 1) and [i·size/count, (i + 1)·size/count) meet. */
export function adaptiveAxis(size: number, count: number): Axis {
  const windows = Array.from({ length: count }, (_, i) =>
    Array.from({ length: size }, (_, h) => h).filter((h) => (h + 1) * count > i * size && h * count < (i + 1) * size),
  );
  return { size, padding: 0, windows };
}

const inside = (rows: Axis, columns: Axis, h: number, w: number) =>
  h >= 0 && h < rows.size && w >= 0 && w < columns.size;

/** Calls `visit` with each window of each plane: its output index, the plane's start, and its places [h, w] in order. */
function eachWindow(
  planes: number,
  rows: Axis,
  columns: Axis,
  visit: (o: number, start: number, places: [number, number][]) => void,
): void {
  let o = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (const hs of rows.windows) {
      for (const ws of columns.windows) {
        visit(
          o++,
          plane * rows.size * columns.size,
          hs.flatMap((h) => ws.map((w): [number, number] => [h, w])),
        );
      }
    }
  }
}

/** Max pooling of x [planes, H, W]: the values, and the indices h·W + w that they come from (−1: from nowhere). */
export function maxPool2d(x: ArrayLike<number>, planes: number, rows: Axis, columns: Axis) {
  const y: number[] = [];
  const argmax: number[] = [];
  eachWindow(planes, rows, columns, (_, start, places) => {
    const indices = places.filter(([h, w]) => inside(rows, columns, h, w)).map(([h, w]) => h * columns.size + w);
    const values = indices.map((index) => x[start + index]);
    const nan = values.findLastIndex(Number.isNaN);
    const winner = nan >= 0 ? nan : values.indexOf(Math.max(...values));
    y.push(winner < 0 ? -Infinity : values[winner]);
    argmax.push(winner < 0 ? -1 : indices[winner]);
  });
  return { y, argmax };
}

/** dx of max pooling, by asking of every place of the image which windows it won. */
export function maxPool2dGradient(dy: ArrayLike<number>, argmax: readonly number[], planes: number, size: number) {
  const dx = new Float64Array(planes * size);
  const perPlane = argmax.length / planes;
  return dx.map((_, i) => {
    let sum = 0;
    argmax.forEach((a, o) => {
      if (a === i % size && Math.floor(o / perPlane) === Math.floor(i / size)) sum += dy[o];
    });
    return sum;
  });
}

/** Average pooling as a matrix: row o holds the weight of every element of x in output o. */
export function avgPool2dWeights(
  planes: number,
  rows: Axis,
  columns: Axis,
  countIncludePad: boolean,
  divisor?: number,
): Float64Array[] {
  const weights: Float64Array[] = [];
  eachWindow(planes, rows, columns, (o, start, places) => {
    weights[o] = new Float64Array(planes * rows.size * columns.size);
    const real = places.filter(([h, w]) => inside(rows, columns, h, w));
    const n = divisor ?? (countIncludePad ? places.length : real.length);
    for (const [h, w] of real) weights[o][start + h * columns.size + w] = 1 / n;
  });
  return weights;
}

/** The matrix times a vector, and the sum of the absolute values of its terms; NaN and ∞ meet no zero weight. */
export function times(matrix: readonly Float64Array[], vector: ArrayLike<number>) {
  const value = new Float64Array(matrix.length);
  const scale = new Float64Array(matrix.length);
  matrix.forEach((row, o) => {
    row.forEach((weight, i) => {
      if (weight === 0) return;
      value[o] += weight * vector[i];
      scale[o] += Math.abs(weight * vector[i]);
    });
  });
  return { value, scale };
}

export const transposed = (matrix: readonly Float64Array[]): Float64Array[] =>
  Array.from(matrix[0], (_, i) => Float64Array.from(matrix, (row) => row[i]));
