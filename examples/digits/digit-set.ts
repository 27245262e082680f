export const imageSide = 28;
export const imageSize = imageSide * imageSide;
export const classCount = 10;

/** N grey images, 0 (background) to 1 (ink), row after row: `images[n * imageSize + row * imageSide + column]`. */
export interface DigitSet {
  images: Float32Array;
  /** One of 0 … 9 per image. */
  labels: Int32Array;
}

export interface Digits {
  /** Where they come from, for the report. */
  source: string;
  train: DigitSet;
  test: DigitSet;
}
