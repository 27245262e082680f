// The sizes of one convolution, in linear memory. JavaScript fills it through `conv2dShape`, by name, once per
// input shape; kernels read its fields.

@unmanaged
export class Conv2dShape {
  /** Images; channels, height and width of x. */
  N: i32; C: i32; H: i32; W: i32;
  /** Channels, height and width of y. */
  O: i32; OH: i32; OW: i32;
  /** Kernel height and width. */
  KH: i32; KW: i32;
  /** Stride, rows and columns of padding before the image, dilation. What lies behind the image follows from OH, OW. */
  SH: i32; SW: i32; PH: i32; PW: i32; DH: i32; DW: i32;
  /** Groups: output channels of group g see the C/G input channels of group g. */
  G: i32;

  /** Pixels of one output channel. */
  @inline get P(): i32 { return this.OH * this.OW; }
  /** Taps: weights of one output channel. */
  @inline get T(): i32 { return (this.C / this.G) * this.KH * this.KW; }
}

// Products of a convolution that one unit of a kernel's range stands for.

/** One row of outputs, of all channels. */
export function rowProducts(shape: usize): f64 {
  const s = changetype<Conv2dShape>(shape);
  return <f64>s.O * s.T * s.OW;
}

/** One tap of each output channel. */
export function tapProducts(shape: usize): f64 {
  const s = changetype<Conv2dShape>(shape);
  return <f64>s.N * s.O * s.P;
}

/** One plane of x. */
export function planeProducts(shape: usize): f64 {
  const s = changetype<Conv2dShape>(shape);
  return <f64>s.O * s.T * s.P / s.C;
}

/** One plane of each image. */
export function channelProducts(shape: usize): f64 {
  return planeProducts(shape) * changetype<Conv2dShape>(shape).N;
}

/** One plane of columns. */
export function planeSamples(shape: usize): f64 {
  const s = changetype<Conv2dShape>(shape);
  return <f64>s.KH * s.KW * s.P;
}

/** Fills the shape at `at`. */
export function conv2dShape(
  at: usize, N: i32, C: i32, H: i32, W: i32, O: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  SH: i32, SW: i32, PH: i32, PW: i32, DH: i32, DW: i32, G: i32,
): void {
  const s = changetype<Conv2dShape>(at);
  s.N = N; s.C = C; s.H = H; s.W = W;
  s.O = O; s.OH = OH; s.OW = OW;
  s.KH = KH; s.KW = KW;
  s.SH = SH; s.SW = SW; s.PH = PH; s.PW = PW; s.DH = DH; s.DW = DW;
  s.G = G;
}
