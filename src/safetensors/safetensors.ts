import { checkOptions, reject, show } from '../check.ts';
import { type Core, coreOf } from '../core/core.ts';
import type { DType } from '../dtype.ts';
import { sizeOf } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { type Entry, readHeader } from './header.ts';

/** How the data of a file's dtype becomes a tensor's. */
interface Reading {
  dtype: DType;
  /** The value of element i, for files' dtypes that no tensor has; without it, bytes are copied as they are. */
  element?: (data: DataView, i: number) => number;
}

const readings: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ['F32', { dtype: 'f32' }],
  ['F64', { dtype: 'f64' }],
  ['I32', { dtype: 'i32' }],
  ['I64', { dtype: 'i32', element: (data, i) => Number(data.getBigInt64(8 * i, true)) }],
  ['F16', { dtype: 'f32', element: (data, i) => halfToNumber(data.getUint16(2 * i, true)) }],
  ['BF16', { dtype: 'f32', element: (data, i) => brainToNumber(data.getUint16(2 * i, true)) }],
]);

/**
 * The tensors of a safetensors file. F32, F64 and I32 come as they are, F16 and BF16 as f32, I64 as i32.
 *
 * Nothing is trusted: a file that is cut short, or whose header is wrong about it in any way, is refused, and no
 * tensor is left over from it.
 * @param bytes the whole file
 * @throws RangeError saying what is wrong; also for another dtype and for an I64 value beyond 32 bits
 * @see https://huggingface.co/docs/safetensors/index
 */
export function loadSafetensors(
  bytes: Uint8Array | ArrayBuffer,
  options: { core?: Core } = {},
): Record<string, Tensor> {
  const call = 'loadSafetensors';
  checkOptions(call, options, ['core']);
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (!(file instanceof Uint8Array)) reject(call, 'bytes', 'a Uint8Array or an ArrayBuffer', bytes, TypeError);
  const core = coreOf(call, options.core);
  const { entries, data } = readHeader(call, file);
  for (const { name, dtype, shape } of entries) {
    const fault = `${call}: tensor ${show(name)}`;
    if (!readings.has(dtype))
      throw new RangeError(`${fault} is ${dtype}; ${[...readings.keys()].join(', ')} can be read`);
    if (sizeOf(shape) > 2 ** 31 - 1) throw new RangeError(`${fault} ${show(shape)} has more than 2^31 − 1 elements`);
  }
  const made: [string, Tensor][] = [];
  try {
    for (const entry of entries) {
      const tensor = Tensor.empty(core, Object.freeze(entry.shape), (readings.get(entry.dtype) as Reading).dtype);
      made.push([entry.name, tensor]);
      fill(call, tensor, entry, data.subarray(entry.begin, entry.end));
    }
  } catch (error) {
    for (const [, tensor] of made) tensor.dispose();
    throw error;
  }
  // fromEntries defines own properties, so a tensor may be called '__proto__'.
  return Object.fromEntries(made);
}

/** Copies a tensor's data out of the file, from wherever it lies: offsets need not be aligned. */
function fill(call: string, tensor: Tensor, { name, dtype }: Entry, bytes: Uint8Array): void {
  const { element } = readings.get(dtype) as Reading;
  const values = tensor.data;
  if (!element) {
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
    return;
  }
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < values.length; i++) {
    const value = element(data, i);
    if (tensor.dtype === 'i32' && value !== (value | 0)) {
      throw new RangeError(`${call}: tensor ${show(name)}[${i}] expected a whole number of 32 bits, got ${value}`);
    }
    values[i] = value;
  }
}

/** IEEE half precision: 1 sign bit, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * (1 + fraction / 1024) * 2 ** (exponent - 15) : (sign * fraction) / 2 ** 24;
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of an f32. */
function brainToNumber(bits: number): number {
  word.setUint32(0, bits * 65536);
  return word.getFloat32(0);
}

/** What each of our dtypes is written as: PyTorch indexes with I64, so that is what i32 becomes. */
const written = { i32: 'I64', f64: 'F64', f32: 'F32' } as const;

/** The order of data in a file, that of the reference implementation: larger elements first. */
const order = Object.keys(written);

/**
 * A safetensors file of these tensors, data ordered as the reference implementation does, larger elements
 * first, then by name, so that all of it is aligned. i32 tensors are written as I64, PyTorch's type for indices.
 * @param tensors by name, as `stateDict()` gives them
 * @param metadata strings to keep with them
 * @see https://huggingface.co/docs/safetensors/index
 */
export function saveSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const call = 'saveSafetensors';
  const entries = checkedEntries(call, tensors);
  if (metadata !== undefined) checkMetadata(call, metadata);
  const width = (tensor: Tensor) => (tensor.dtype === 'f32' ? 4 : 8);
  entries.sort(([a, x], [b, y]) => order.indexOf(x.dtype) - order.indexOf(y.dtype) || (a < b ? -1 : 1));

  let end = 0;
  const header: [string, unknown][] = metadata ? [['__metadata__', metadata]] : [];
  const begins = entries.map(([name, tensor]) => {
    const begin = end;
    end += tensor.size * width(tensor);
    header.push([name, { dtype: written[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] }]);
    return begin;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const dataStart = 8 + Math.ceil(json.length / 8) * 8;

  const file = new Uint8Array(dataStart + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  file.fill(0x20, 8, dataStart).set(json, 8);
  entries.forEach(([, { data, dtype }], i) => {
    const at = dataStart + begins[i];
    if (dtype === 'i32') new BigInt64Array(file.buffer, at, data.length).set(Array.from(data, BigInt));
    else file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  });
  return file;
}

function checkedEntries(call: string, tensors: Readonly<Record<string, Tensor>>): [string, Tensor][] {
  if (typeof tensors !== 'object' || tensors === null || tensors instanceof Tensor || Symbol.iterator in tensors) {
    reject(call, 'tensors', 'an object of tensors by name', tensors, TypeError);
  }
  const entries = Object.entries(tensors);
  for (const [name, tensor] of entries) {
    if (!(tensor instanceof Tensor)) reject(call, `tensors[${show(name)}]`, 'a Tensor', tensor, TypeError);
    if (tensor.isDisposed) throw new Error(`${call}: tensors[${show(name)}] ${show(tensor.shape)} was disposed`);
    if (name === '__metadata__') reject(call, 'tensors', 'a name other than __metadata__', name);
    checkText(call, 'tensors', name);
  }
  return entries;
}

function checkMetadata(call: string, metadata: Readonly<Record<string, string>>): void {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    reject(call, 'metadata', 'an object of strings', metadata, TypeError);
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') reject(call, `metadata[${show(key)}]`, 'a string', value, TypeError);
    checkText(call, 'metadata', key);
    checkText(call, `metadata[${show(key)}]`, value);
  }
}

function checkText(call: string, argument: string, text: string): void {
  if (/\p{Surrogate}/u.test(text)) reject(call, argument, 'well-formed Unicode', text);
}
