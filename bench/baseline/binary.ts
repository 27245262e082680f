export function add(out: Float32Array, a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
}

export function addBackward(da: Float32Array, db: Float32Array, dout: Float32Array): void {
  da.set(dout);
  db.set(dout);
}

/** out = a + row, for every row of a. */
export function addRow(out: Float32Array, a: Float32Array, row: Float32Array): void {
  const C = row.length;
  for (let start = 0; start < out.length; start += C) {
    for (let c = 0; c < C; c++) out[start + c] = a[start + c] + row[c];
  }
}

export function addRowBackward(da: Float32Array, drow: Float32Array, dout: Float32Array): void {
  const C = drow.length;
  da.set(dout);
  drow.fill(0);
  for (let start = 0; start < dout.length; start += C) for (let c = 0; c < C; c++) drow[c] += dout[start + c];
}

export function mul(out: Float32Array, a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i];
}

// biome-ignore format: outputs, inputs
export function mulBackward(
  da: Float32Array, db: Float32Array,
  dout: Float32Array, a: Float32Array, b: Float32Array,
): void {
  for (let i = 0; i < dout.length; i++) {
    const dy = dout[i];
    da[i] = dy * b[i];
    db[i] = dy * a[i];
  }
}

/** out = a·column: each row of a has a factor of its own. */
export function mulColumn(out: Float32Array, a: Float32Array, column: Float32Array): void {
  const C = out.length / column.length;
  for (let row = 0, start = 0; row < column.length; row++, start += C) {
    const factor = column[row];
    for (let c = 0; c < C; c++) out[start + c] = a[start + c] * factor;
  }
}

// biome-ignore format: outputs, inputs
export function mulColumnBackward(
  da: Float32Array, dcolumn: Float32Array,
  dout: Float32Array, a: Float32Array, column: Float32Array,
): void {
  const C = dout.length / column.length;
  for (let row = 0, start = 0; row < column.length; row++, start += C) {
    const factor = column[row];
    let sum = 0;
    for (let c = 0; c < C; c++) {
      const dy = dout[start + c];
      da[start + c] = dy * factor;
      sum += dy * a[start + c];
    }
    dcolumn[row] = sum;
  }
}
