import { runtime } from './runtime.ts';

/** The SIMD instruction sets that builds exist for. */
export type Simd = 'plain' | 'relaxed';

/** (func (drop (f32x4.relaxed_madd (v128.const 0) (v128.const 0) (v128.const 0)))): valid where relaxed SIMD is. */
const relaxedProbe = () => {
  const zero = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const body = [0, ...zero, ...zero, ...zero, 0xfd, 0x85, 0x02, 0x1a, 0x0b];
  // biome-ignore format: one section a line
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // magic, version
    1, 4, 1, 0x60, 0, 0, // type () -> ()
    3, 2, 1, 0, // one function of it
    10, body.length + 2, 1, body.length, ...body,
  ]);
};

export const hasRelaxedSimd = (): boolean => WebAssembly.validate(relaxedProbe());

/**
 * The fastest build that this runtime can run. V8 up to 12.9 at least (Node 22 and 23) knows relaxed SIMD, but runs out of registers in the
 * relaxed build's tiles, which then have half the speed of the plain one's (measured). A V8 that has Float16Array, from 13.5 on, does not.
 */
export const fastestSimd = (): Simd => (hasRelaxedSimd() && runtime.Float16Array ? 'relaxed' : 'plain');

/** The build's module, compiled. Its bytes are loaded on first use. */
export async function compile(call: string, simd: Simd, threads: boolean): Promise<WebAssembly.Module> {
  if (simd === 'relaxed' && !hasRelaxedSimd()) {
    throw new Error(`${call}: simd 'relaxed' is not supported by this runtime; use 'auto' or 'plain'`);
  }
  const name = threads ? (`${simd}-threads` as const) : simd;
  compiled[name] ??= load(name);
  try {
    return await compiled[name];
  } catch (error) {
    compiled[name] = undefined; // it may go better another time: a page may have been offline
    throw error;
  }
}

/** What was compiled, for further cores. */
const compiled: { [Name in keyof typeof builds]?: Promise<WebAssembly.Module> } = {};

async function load(name: keyof typeof builds): Promise<WebAssembly.Module> {
  const { base64, size } = await builds[name]();
  return WebAssembly.compile(await inflated(fromBase64(base64), size));
}

const builds = {
  plain: () => import('../wasm/plain.ts'),
  relaxed: () => import('../wasm/relaxed.ts'),
  'plain-threads': () => import('../wasm/plain-threads.ts'),
  'relaxed-threads': () => import('../wasm/relaxed-threads.ts'),
};

/** What is used of Node's module. */
interface Zlib {
  inflateSync(deflated: Uint8Array, options: { chunkSize: number }): Uint8Array<ArrayBuffer>;
}

function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  if (runtime.Uint8Array.fromBase64) return runtime.Uint8Array.fromBase64(base64);
  if (runtime.Buffer) return runtime.Buffer.from(base64, 'base64');
  // A third of init(), for the loop is not compiled yet (measured).
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** The `size` bytes that were deflated. */
async function inflated(deflated: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  // In Node, streams take several times as long to load as the bytes to inflate (measured).
  const zlib = runtime.process?.getBuiltinModule?.('node:zlib') as Zlib | undefined;
  if (zlib) return zlib.inflateSync(deflated, { chunkSize: size }); // in one piece
  const { readable, writable } = new DecompressionStream('deflate');
  const writer = writable.getWriter();
  const written = writer.write(deflated).then(() => writer.close());
  const bytes = new Uint8Array(size);
  const reader = readable.getReader();
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes.set(part.value, at);
    at += part.value.length;
  }
  await written;
  return bytes;
}
