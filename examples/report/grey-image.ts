/**
 * A square image of 0 … 1 as a `data:` address, drawn as dark ink on white: an 8-bit BMP, the one picture format that is
 * no more than a header, a palette and the pixels.
 */
export function greyImage(values: Float32Array): string {
  const side = Math.sqrt(values.length);
  const fileHeader = 14;
  const infoHeader = 40;
  const pixelsAt = fileHeader + infoHeader + 4 * 256;
  const stride = Math.ceil(side / 4) * 4; // rows are padded to whole words
  const bytes = Buffer.alloc(pixelsAt + stride * side);

  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(pixelsAt, 10);
  bytes.writeUInt32LE(infoHeader, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(-side, 22); // negative: the first row is the top one
  bytes.writeUInt16LE(1, 26); // planes
  bytes.writeUInt16LE(8, 28); // bits per pixel
  bytes.writeUInt32LE(256, 46); // colours
  for (let ink = 0; ink < 256; ink++) {
    const grey = 255 - ink;
    bytes.writeUInt32LE((grey << 16) | (grey << 8) | grey, fileHeader + infoHeader + 4 * ink);
  }
  values.forEach((value, i) => {
    bytes[pixelsAt + Math.floor(i / side) * stride + (i % side)] = Math.round(255 * Math.min(1, Math.max(0, value)));
  });
  return `data:image/bmp;base64,${bytes.toString('base64')}`;
}
