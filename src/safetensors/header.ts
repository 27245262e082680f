/**
 * The header of a safetensors file, taken as hostile: every number in it is checked against the file before
 * anything is read through it. Errors begin with the call's name and say which tensor is at fault.
 * @see https://huggingface.co/docs/safetensors/index
 */
import { show } from '../check.ts';

/** Where a tensor lies in the file's data, in bytes. */
export interface Entry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/** The reference implementation's limit. */
const longestHeader = 100_000_000;

/** Bytes of one element of each dtype that the format knows. */
export const elementBytes: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['I64', 8],
  ['U64', 8],
  ['F32', 4],
  ['I32', 4],
  ['U32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I16', 2],
  ['U16', 2],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
]);

/** The tensors that the header lists, in the order of their data, and the data. */
export function readHeader(call: string, bytes: Uint8Array): { entries: Entry[]; data: Uint8Array } {
  const fail = (fault: string): never => {
    // A hostile file may hold a name of many megabytes.
    throw new RangeError(`${call}: not a valid safetensors file: ${fault.slice(0, 300)}`);
  };
  if (bytes.length < 8) fail(`${bytes.length} bytes, the header's length takes 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(longestHeader)) fail(`a header of ${length} bytes; at most ${longestHeader} are allowed`);
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) fail(`a header of ${length} bytes in a file of ${bytes.length}`);
  const header = parse(bytes.subarray(8, dataStart), fail);
  const data = bytes.subarray(dataStart);

  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (/\p{Surrogate}/u.test(name)) fail(`the name ${show(name)} is not well-formed Unicode`);
    if (name === '__metadata__') checkMetadata(value, fail);
    else entries.push(entryOf(name, value, (fault) => fail(`tensor ${show(name)}: ${fault}`)));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      fail(`tensor ${show(entry.name)}: data begins at ${entry.begin}, the data before it ends at ${end}`);
    }
    end = entry.end;
  }
  if (end !== data.length) fail(`the tensors take ${end} bytes, the file holds ${data.length}`);
  return { entries, data };
}

type Fail = (fault: string) => never;

function parse(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) fail("the header does not start with '{'");
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const header = JSON.parse(text);
    const twice = duplicateKey(text);
    if (twice === undefined) return header;
    return fail(`the header names ${show(twice)} twice`);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      fail(`the header is not JSON in UTF-8 (${error.message})`);
    }
    throw error;
  }
}

/** A key that one object of a valid JSON text holds twice: `JSON.parse` would keep the last without a word. */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token.endsWith(':')) {
      const key: string = JSON.parse(token.slice(0, -1));
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

/** `show` for a value of any depth. */
function brief(value: unknown): string {
  if (Array.isArray(value) && value.some((entry) => typeof entry === 'object')) return 'a nested list';
  return show(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkMetadata(value: unknown, fail: Fail): void {
  if (!isObject(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    fail('__metadata__ is not an object of strings');
  }
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function entryOf(name: string, value: unknown, fail: Fail): Entry {
  if (!isObject(value)) return fail('not an object');
  // An own property each: '__proto__' in a header must not lend the others their values.
  const own = (key: string) => (Object.hasOwn(value, key) ? value[key] : undefined);
  const [dtype, shape, offsets] = [own('dtype'), own('shape'), own('data_offsets')];
  const bytes = typeof dtype === 'string' ? elementBytes.get(dtype) : undefined;
  if (typeof dtype !== 'string' || bytes === undefined) return fail(`unknown dtype ${brief(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail(`the shape ${brief(shape)} is not a list of sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail(`data_offsets ${brief(offsets)} are not two offsets`);
  }
  const [begin, end] = offsets;
  // Sizes may overflow on the way, even where a later 0 brings the product back.
  let size = bytes;
  for (const n of shape) if (!isSize((size *= n))) return fail(`the shape ${show(shape)} is too large`);
  if (end - begin !== size) {
    return fail(`${dtype} ${show(shape)} takes ${size} bytes, data_offsets ${show(offsets)} span ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}
