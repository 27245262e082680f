export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Whether two arrays hold the same bytes: other than `===`, it tells NaNs and zeros apart. */
export function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [x, y] = [bytesOf(a), bytesOf(b)];
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}
