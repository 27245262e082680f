import { dot, type Matrix, multiply, rowsOf, sum, transpose } from './matrix.ts';

/** Stride 1, no padding, one image: x is channels of rows of columns, W is [out][in][kh][kw]. */
export type Image = Matrix[];
type Kernels = Image[];

/** The definition: y[k][i][j] = b[k] + Σ over c, u, v of W[k][c][u][v]·x[c][i + u][j + v]. */
export function forward(x: Image, weight: Kernels, bias: number[]): Image {
  const kh = weight[0][0].length;
  const kw = weight[0][0][0].length;
  const rows = x[0].length - kh + 1;
  const columns = x[0][0].length - kw + 1;
  const window = (i: number, j: number) =>
    x.flatMap((channel) => channel.slice(i, i + kh).flatMap((row) => row.slice(j, j + kw)));
  return weight.map((kernel, k) =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => bias[k] + dot(kernel.flat(2), window(i, j))),
    ),
  );
}

/** Row (c, u, v), column (i, j): x[c][i + u][j + v]. */
function im2col(x: Image, kh: number, kw: number): Matrix {
  const columns: Matrix = [];
  for (const channel of x) {
    for (let u = 0; u < kh; u++) {
      for (let v = 0; v < kw; v++) {
        const rows = channel.slice(u, channel.length - kh + 1 + u);
        columns.push(rows.flatMap((row) => row.slice(v, row.length - kw + 1 + v)));
      }
    }
  }
  return columns;
}

/** The transpose of im2col: every entry of a column goes back, added, to where it came from. */
function col2im(columns: Matrix, C: number, H: number, W: number, kh: number, kw: number): Image {
  const image: Image = Array.from({ length: C }, () => Array.from({ length: H }, () => new Array<number>(W).fill(0)));
  columns.forEach((row, place) => {
    const c = Math.floor(place / (kh * kw));
    const u = Math.floor(place / kw) % kh;
    const v = place % kw;
    row.forEach((value, at) => {
      const i = Math.floor(at / (W - kw + 1));
      const j = at % (W - kw + 1);
      image[c][i + u][j + v] += value;
    });
  });
  return image;
}

const flip = (kernel: Matrix): Matrix => kernel.map((row) => row.toReversed()).toReversed();

const pad = (a: Matrix, by: number): Matrix => {
  const width = a[0].length + 2 * by;
  const blank = () => new Array<number>(width).fill(0);
  const side = () => new Array<number>(by).fill(0);
  return [
    ...Array.from({ length: by }, blank),
    ...a.map((row) => [...side(), ...row, ...side()]),
    ...Array.from({ length: by }, blank),
  ];
};

function example(x: Image, weight: Kernels, bias: number[], dy: Image) {
  const [C, H, W] = [x.length, x[0].length, x[0][0].length];
  const [kh, kw] = [weight[0][0].length, weight[0][0][0].length];
  const columns = im2col(x, kh, kw);
  const weights = weight.map((kernel) => kernel.flat(2));
  const dout = dy.map((channel) => channel.flat());
  const dcolumns = multiply(transpose(weights), dout);
  return {
    ...{ x, weight, bias, dy, columns, weights, dout, dcolumns },
    y: forward(x, weight, bias),
    out: multiply(weights, columns).map((row, k) => row.map((value) => value + bias[k])),
    dweights: multiply(dout, transpose(columns)),
    dbias: dout.map(sum),
    dx: col2im(dcolumns, C, H, W, kh, kw),
  };
}

const single = example(
  [
    [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ],
  ],
  [
    [
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ],
  [1],
  [
    [
      [1, 0],
      [-1, 2],
    ],
  ],
);

const flipped = flip(single.weight[0][0]);
const firstWindow = single.columns.map((row) => row[0]);
const padded = pad(single.dy[0], 1);

export const convolution1 = {
  ...single,
  dweight: rowsOf(single.dweights[0], 2),
  ...{ flipped, padded },
  // Each weight and its pixel, the bias, and their sum.
  firstTerms: [...single.weights[0].flatMap((w, i) => [w, firstWindow[i]]), single.bias[0], single.y[0][0][0]],
  // What the pixel in the middle gets from each of the four columns, and the sum.
  middleTerms: [3, 2, 1, 0].map((row, column) => single.dcolumns[row][column]).concat(single.dx[0][1][1]),
  dxByFlip: forward([padded], [[flipped]], [0])[0],
};

const several = example(
  [
    [
      [1, 0, 2],
      [3, 1, 0],
      [0, 2, 1],
    ],
    [
      [2, 1, 0],
      [0, 1, 3],
      [1, 0, 2],
    ],
    [
      [0, 1, 1],
      [2, 0, 1],
      [1, 3, 0],
    ],
  ],
  [
    [
      [
        [1, 0],
        [2, -1],
      ],
      [
        [0, 1],
        [1, 0],
      ],
      [
        [-1, 1],
        [0, 2],
      ],
    ],
    [
      [
        [0, 1],
        [1, 1],
      ],
      [
        [2, 0],
        [0, -1],
      ],
      [
        [1, 0],
        [-1, 1],
      ],
    ],
  ],
  [1, -1],
  [
    [
      [1, 0],
      [0, -1],
    ],
    [
      [0, 2],
      [1, 0],
    ],
  ],
);

export const convolution3 = {
  ...several,
  patches: transpose(several.columns),
  weightsTransposed: transpose(several.weights),
  outTransposed: transpose(several.out),
};
