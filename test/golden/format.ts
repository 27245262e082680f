import type { TypedArray } from '../../src/index.ts';

/** Numbers and their shape, as a file holds them. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

export interface Tolerance {
  scale: number;
  f32: number;
  f64: number;
}

/** One golden case with its tensors read in. */
export interface Case {
  readonly id: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Values>>;
  /** dL/d(output); an output that is absent is not differentiated. */
  readonly upstream: Readonly<Record<string, Values>>;
  /** What must come out: outputs by name, and `grad.NAME` for dL/d(input). */
  readonly expected: Readonly<Record<string, Values>>;
  readonly tol: Readonly<Record<string, Tolerance>>;
}

type Keys = Record<string, string>;
type Names = Partial<Record<'inputs' | 'upstream' | 'outputs' | 'grads', Keys>>;
type CaseRecord = Names & Pick<Case, 'id' | 'op'> & Partial<Pick<Case, 'attrs' | 'tol'>>;

/** The cases of a golden file (the format is described in test/golden/README.md), given what reads a file's bytes. */
export async function readCases(file: string, readBytes: (path: string) => Promise<Uint8Array>): Promise<Case[]> {
  const { format, tensors, cases } = JSON.parse(new TextDecoder().decode(await readBytes(file)));
  if (format !== 1 || !Array.isArray(cases)) throw new Error(`${file}: not a golden file of format 1`);
  const values = readSafetensors(await readBytes(file.replace(/[^/\\]*$/, tensors)));
  const read = (keys: Keys = {}): Record<string, Values> =>
    Object.fromEntries(
      Object.entries(keys).map(([name, key]) => {
        const found = values.get(key);
        if (!found) throw new Error(`${tensors}: no tensor ${key}`);
        return [name, found];
      }),
    );
  return (cases as CaseRecord[]).map(({ id, op, attrs = {}, inputs, upstream, outputs, grads = {}, tol = {} }) => ({
    id,
    op,
    attrs,
    inputs: read(inputs),
    upstream: read(upstream),
    expected: {
      ...read(outputs),
      ...read(Object.fromEntries(Object.entries(grads).map(([name, key]) => [`grad.${name}`, key]))),
    },
    tol,
  }));
}

const arrays = { F32: Float32Array, F64: Float64Array, I32: Int32Array };

/** The tensors of a safetensors file by name: an independent reader, so that no bug is shared with the library's. */
export function readSafetensors(bytes: Uint8Array): Map<string, Values> {
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header: Record<string, { dtype: keyof typeof arrays; shape: number[]; data_offsets: [number, number] }> =
    JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
  const data = bytes.subarray(8 + headerBytes);
  const named = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    named.map(([name, { dtype, shape, data_offsets }]) => {
      if (!(dtype in arrays)) throw new Error(`${name}: cannot read dtype ${dtype}`);
      // A copy, since the file's offsets need not be aligned.
      return [name, { shape, data: new arrays[dtype](new Uint8Array(data.subarray(...data_offsets)).buffer) }];
    }),
  );
}
