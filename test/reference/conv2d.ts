export interface Conv2dSizes {
  N: number;
  C: number;
  H: number;
  W: number;
  O: number;
  KH: number;
  KW: number;
  SH: number;
  SW: number;
  PH: number;
  PW: number;
  DH: number;
  DW: number;
  G: number;
  OH: number;
  OW: number;
}

/** Calls `visit` with the flat indices of x, w and y for every product that the convolution sums. */
function forEachProduct(s: Conv2dSizes, visit: (x: number, w: number, y: number) => void): void {
  const Cg = s.C / s.G;
  const Og = s.O / s.G;
  for (let n = 0; n < s.N; n++)
    for (let o = 0; o < s.O; o++)
      for (let oh = 0; oh < s.OH; oh++)
        for (let ow = 0; ow < s.OW; ow++)
          for (let c = 0; c < Cg; c++)
            for (let kh = 0; kh < s.KH; kh++)
              for (let kw = 0; kw < s.KW; kw++) {
                const ih = oh * s.SH - s.PH + kh * s.DH;
                const iw = ow * s.SW - s.PW + kw * s.DW;
                if (ih < 0 || ih >= s.H || iw < 0 || iw >= s.W) continue;
                const channel = Math.floor(o / Og) * Cg + c;
                visit(
                  ((n * s.C + channel) * s.H + ih) * s.W + iw,
                  ((o * Cg + c) * s.KH + kh) * s.KW + kw,
                  ((n * s.O + o) * s.OH + oh) * s.OW + ow,
                );
              }
}

/** A sum of products in float64, with the sum of the terms' absolute values. */
const accumulator = (size: number) => ({ value: new Float64Array(size), magnitude: new Float64Array(size) });

function add(to: { value: Float64Array; magnitude: Float64Array }, i: number, term: number): void {
  to.value[i] += term;
  to.magnitude[i] += Math.abs(term);
}

/** y, dx, dw, db in float64 by the definition. */
export function conv2d(
  s: Conv2dSizes,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number> | undefined,
  dy: ArrayLike<number>,
) {
  const P = s.OH * s.OW;
  const y = accumulator(s.N * s.O * P);
  const dx = accumulator(x.length);
  const dw = accumulator(w.length);
  const db = accumulator(s.O);
  forEachProduct(s, (xi, wi, yi) => {
    add(y, yi, x[xi] * w[wi]);
    add(dx, xi, dy[yi] * w[wi]);
    add(dw, wi, dy[yi] * x[xi]);
  });
  for (let i = 0; i < dy.length; i++) {
    const o = Math.floor(i / P) % s.O;
    add(db, o, dy[i]);
    if (b) add(y, i, b[o]);
  }
  return { y, dx, dw, db };
}

/** The columns of one-channel planes: [N·C][KH·KW][P], and its adjoint applied to `columns`. */
export function im2col(s: Conv2dSizes, x: ArrayLike<number>, columns: ArrayLike<number>) {
  const P = s.OH * s.OW;
  const taps = s.KH * s.KW;
  const col = new Float64Array(s.N * s.C * taps * P);
  const dx = accumulator(x.length);
  for (let plane = 0; plane < s.N * s.C; plane++) {
    for (let i = 0; i < taps * P; i++) {
      const [t, p] = [Math.floor(i / P), i % P];
      const ih = Math.floor(p / s.OW) * s.SH - s.PH + Math.floor(t / s.KW) * s.DH;
      const iw = (p % s.OW) * s.SW - s.PW + (t % s.KW) * s.DW;
      if (ih < 0 || ih >= s.H || iw < 0 || iw >= s.W) continue;
      const pixel = (plane * s.H + ih) * s.W + iw;
      col[plane * taps * P + i] = x[pixel];
      add(dx, pixel, columns[plane * taps * P + i]);
    }
  }
  return { col, dx };
}
