import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCore, LayerNorm, loadSafetensors, OutOfMemoryError, saveSafetensors, Tensor } from '../src/index.ts';
import { cores } from './support/builds.ts';

const [core] = cores;
const f32 = (values: ArrayLike<number>, shape: number[] = [values.length]) => Tensor.from(values, shape, { core });

/** A file with this header and `size` bytes of data, 1, 2, 3, …; the header goes in as it is when it is a string. */
function fileOf(header: unknown, size = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  for (let i = 0; i < size; i++) file[8 + json.length + i] = i + 1;
  return file;
}

const entry = (dtype: string, shape: unknown, ...offsets: unknown[]) => ({ dtype, shape, data_offsets: offsets });

/** Runs `act` and checks that it leaves no tensor and no memory behind. */
function withoutLeaks(act: () => void): void {
  const { liveBytes, liveTensors } = core.memory.stats();
  act();
  expect(core.memory.stats()).toMatchObject({ liveBytes, liveTensors });
}

function disposeAll(tensors: Record<string, Tensor>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

describe('writing', () => {
  it('lays a file out as the reference implementation does', () => {
    const file = saveSafetensors(
      {
        b: f32([1, 2, 3], [3, 1]),
        a: f32([4]),
        step: Tensor.full([], -7, { core, dtype: 'i32' }),
        wide: Tensor.from([0.5], [1], { core, dtype: 'f64' }),
      },
      { format: 'pt' },
    );
    const view = new DataView(file.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder().decode(file.subarray(8, 8 + length));
    expect(text).toMatch(/^\{.*\} *$/);
    expect(JSON.parse(text)).toEqual({
      __metadata__: { format: 'pt' },
      step: entry('I64', [], 0, 8),
      wide: entry('F64', [1], 8, 16),
      a: entry('F32', [1], 16, 20),
      b: entry('F32', [3, 1], 20, 32),
    });
    expect(view.getBigInt64(8 + length, true)).toBe(-7n);
    expect(view.getFloat64(16 + length, true)).toBe(0.5);
    expect([24, 28, 32, 36].map((at) => view.getFloat32(at + length, true))).toEqual([4, 1, 2, 3]);
    expect(file.length).toBe(8 + length + 32);
  });

  it('refuses what is no dictionary of live tensors, or text that others could not read', () => {
    const x = f32([1]);
    expect(() => saveSafetensors(x as never)).toThrow('saveSafetensors: tensors expected an object of tensors by name');
    expect(() => saveSafetensors([x] as never)).toThrow('tensors expected an object');
    expect(() => saveSafetensors({ x: [1] as never })).toThrow("tensors['x'] expected a Tensor, got [1]");
    expect(() => saveSafetensors({ __metadata__: x })).toThrow('a name other than __metadata__');
    expect(() => saveSafetensors({ '\ud800': x })).toThrow('well-formed Unicode');
    expect(() => saveSafetensors({ x }, { a: 1 as never })).toThrow("metadata['a'] expected a string, got 1");
    expect(() => saveSafetensors({ x }, 'pt' as never)).toThrow('metadata expected an object of strings');
    x.dispose();
    expect(() => saveSafetensors({ x })).toThrow("tensors['x'] [1] was disposed");
  });
});

describe('reading', () => {
  it('reads every dtype it names, at any alignment and of any size', () => {
    withoutLeaks(() => {
      const data = new Uint8Array(44);
      const view = new DataView(data.buffer);
      [0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00, 0x8000].forEach((bits, i) => view.setUint16(1 + 2 * i, bits, true));
      [0x3f80, 0xc040].forEach((bits, i) => view.setUint16(13 + 2 * i, bits, true));
      view.setInt32(17, -5, true);
      view.setBigInt64(21, -(2n ** 31n), true);
      view.setFloat64(29, 0.1, true);
      view.setFloat32(37, 1.5, true);
      const header = {
        nothing: entry('F64', [0, 3], 1, 1),
        half: entry('F16', [2, 3], 1, 13),
        brain: entry('BF16', [2], 13, 17),
        int: entry('I32', [], 17, 21),
        long: entry('I64', [1, 1], 21, 29),
        double: entry('F64', [1], 29, 37),
        single: entry('F32', [1], 37, 41),
        __metadata__: { format: 'pt' },
      };
      // One byte before and three behind, in tensors of their own, would be needed to fill the gaps: cut them off.
      const shifted = Object.fromEntries(
        Object.entries(header).map(([name, value]) => {
          if (!('data_offsets' in value)) return [name, value];
          return [name, { ...value, data_offsets: value.data_offsets.map((at) => (at as number) - 1) }];
        }),
      );
      for (const padding of ['', ' ', '   ']) {
        const file = fileOf(JSON.stringify(shifted) + padding, 40);
        file.set(data.subarray(1, 41), file.length - 40);
        const got = loadSafetensors(file, { core });
        const seen = Object.fromEntries(
          Object.entries(got).map(([name, tensor]) => [name, [tensor.dtype, [...tensor.shape], [...tensor.data]]]),
        );
        expect(seen).toEqual({
          nothing: ['f64', [0, 3], []],
          half: ['f32', [2, 3], [1, -2, 2 ** -24, Infinity, NaN, -0]],
          brain: ['f32', [2], [1, -3]],
          int: ['i32', [], [-5]],
          long: ['i32', [1, 1], [-(2 ** 31)]],
          double: ['f64', [1], [0.1]],
          single: ['f32', [1], [1.5]],
        });
        disposeAll(got);
      }
    });
  });

  it('reads a part of a larger buffer, an ArrayBuffer, and an empty file', () => {
    const file = saveSafetensors({ x: f32([1, 2]) });
    const inside = new Uint8Array(file.length + 7);
    inside.set(file, 3);
    expect([...loadSafetensors(inside.subarray(3, 3 + file.length), { core }).x.data]).toEqual([1, 2]);
    expect([...loadSafetensors(file.slice().buffer, { core }).x.data]).toEqual([1, 2]);
    expect(loadSafetensors(saveSafetensors({}), { core })).toEqual({});
  });

  it('takes any name', () => {
    const names = ['__proto__', 'constructor', 'toString', '', '0', 'ключ', '💡', 'a"b\\c\n', 'dtype'];
    const file = saveSafetensors(Object.fromEntries(names.map((name, i) => [name, f32([i])])));
    const got = loadSafetensors(file, { core });
    expect(Object.keys(got).sort()).toEqual([...names].sort());
    names.forEach((name, i) => {
      expect(Object.hasOwn(got, name)).toBe(true);
      expect(got[name].data[0]).toBe(i);
    });
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
  });

  it('restores a layer', () => {
    const from = new LayerNorm(4, { core });
    from.weight?.set([1, 2, 3, 4]);
    const to = new LayerNorm(4, { core, dtype: 'f64' });
    to.loadStateDict(loadSafetensors(saveSafetensors(from.stateDict()), { core }));
    expect([...(to.weight?.data ?? [])]).toEqual([1, 2, 3, 4]);
  });
});

const lengthOf = (length: bigint, rest = 0) => {
  const file = new Uint8Array(8 + rest).fill(0x20);
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
};

const x = entry('F32', [2], 0, 8);
/** Deeper than a recursive walk could follow. */
const nested = '['.repeat(100_000) + ']'.repeat(100_000);

describe('refusing', () => {
  it.each<[string, Uint8Array, string]>([
    ['no file', new Uint8Array(0), "0 bytes, the header's length takes 8"],
    ['7 bytes', new Uint8Array(7), '7 bytes'],
    ['a huge header', lengthOf(2n ** 64n - 1n), 'a header of 18446744073709551615 bytes; at most 100000000'],
    ['a header over the limit', lengthOf(100_000_001n), 'at most 100000000 are allowed'],
    ['a header beyond the file', lengthOf(10n, 9), 'a header of 10 bytes in a file of 17'],
    ['an empty header', lengthOf(0n), "does not start with '{'"],
    ['a header after spaces', fileOf(' {}'), "does not start with '{'"],
    ['a header after a byte order mark', fileOf('\ufeff{}'), "does not start with '{'"],
    ['a list', fileOf('[]'), "does not start with '{'"],
    ['half a header', fileOf('{"x":'), 'not JSON'],
    ['text behind the header', fileOf('{} x'), 'not JSON'],
    ['zeros behind the header', fileOf('{}\0\0'), 'not JSON'],
    ['NaN in the header', fileOf('{"x":{"dtype":"F32","shape":[NaN],"data_offsets":[0,0]}}'), 'not JSON'],
    ['bytes that are not UTF-8', fileOf('{"x":1}').fill(0xff, 10, 11), 'not JSON in UTF-8'],
    ['a name twice', fileOf(`{"x":${JSON.stringify(x)}, "\\u0078" : ${JSON.stringify(x)}}`, 8), "names 'x' twice"],
    ['a key twice', fileOf('{"x":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8), "'dtype' twice"],
    ['a lone surrogate', fileOf({ '\ud800': x }, 8), 'not well-formed Unicode'],
    ['metadata of numbers', fileOf({ __metadata__: { a: 1 } }), '__metadata__ is not an object of strings'],
    ['metadata in a list', fileOf({ __metadata__: ['a'] }), '__metadata__ is not an object of strings'],
    ['no metadata', fileOf({ __metadata__: null }), '__metadata__ is not an object of strings'],
    ['a number for a tensor', fileOf({ x: 1 }), "tensor 'x': not an object"],
    ['null for a tensor', fileOf({ x: null }), "tensor 'x': not an object"],
    ['a list for a tensor', fileOf({ x: [] }), "tensor 'x': not an object"],
    ['no dtype', fileOf({ x: { shape: [2], data_offsets: [0, 8] } }, 8), 'unknown dtype undefined'],
    ['an unknown dtype', fileOf({ x: entry('F31', [2], 0, 8) }, 8), "unknown dtype 'F31'"],
    ['a name of Object', fileOf({ x: entry('constructor', [2], 0, 8) }, 8), "unknown dtype 'constructor'"],
    [
      'no shape',
      fileOf({ x: { dtype: 'F32', data_offsets: [0, 8] } }, 8),
      'the shape undefined is not a list of sizes',
    ],
    ['a negative size', fileOf({ x: entry('F32', [-2], 0, 8) }, 8), 'the shape [-2] is not a list of sizes'],
    ['two negative sizes', fileOf({ x: entry('F32', [-1, -2], 0, 8) }, 8), 'is not a list of sizes'],
    ['half a size', fileOf({ x: entry('F32', [0.5, 4], 0, 8) }, 8), 'is not a list of sizes'],
    ['a size in quotes', fileOf({ x: entry('F32', ['2'], 0, 8) }, 8), 'is not a list of sizes'],
    ['a huge size', fileOf('{"x":{"dtype":"F32","shape":[1e400],"data_offsets":[0,8]}}', 8), 'is not a list of sizes'],
    ['a product too large', fileOf({ x: entry('F32', [2 ** 40, 2 ** 40], 0, 8) }, 8), 'is too large'],
    ['a product too large, times 0', fileOf({ x: entry('F32', [2 ** 40, 2 ** 40, 0], 0, 0) }), 'is too large'],
    ['one offset', fileOf({ x: entry('F32', [2], 8) }, 8), 'data_offsets [8] are not two offsets'],
    ['three offsets', fileOf({ x: entry('F32', [2], 0, 4, 8) }, 8), 'are not two offsets'],
    ['a negative offset', fileOf({ x: entry('F32', [2], -8, 0) }, 8), 'are not two offsets'],
    ['half an offset', fileOf({ x: entry('F32', [2], 0.5, 8.5) }, 9), 'are not two offsets'],
    ['offsets in quotes', fileOf({ x: entry('F32', [2], '0', '8') }, 8), 'are not two offsets'],
    ['offsets in lists', fileOf({ x: entry('F32', [2], [0], [8]) }, 8), 'a nested list are not two offsets'],
    ['huge offsets', fileOf({ x: entry('F32', [2], 2 ** 53, 2 ** 53 + 8) }, 8), 'are not two offsets'],
    ['offsets in reverse', fileOf({ x: entry('F32', [2], 8, 0) }, 8), 'takes 8 bytes, data_offsets [8, 0] span -8'],
    [
      'offsets too near',
      fileOf({ x: entry('F32', [2], 0, 7) }, 7),
      'F32 [2] takes 8 bytes, data_offsets [0, 7] span 7',
    ],
    ['data beyond the file', fileOf({ x }, 7), 'the tensors take 8 bytes, the file holds 7'],
    ['data left over', fileOf({ x }, 9), 'the tensors take 8 bytes, the file holds 9'],
    ['data of no tensor', fileOf({}, 1), 'the tensors take 0 bytes, the file holds 1'],
    ['a hole', fileOf({ x, y: entry('F32', [1], 12, 16) }, 16), "'y': data begins at 12, the data before it ends at 8"],
    ['a hole at the start', fileOf({ y: entry('F32', [1], 4, 8) }, 8), 'begins at 4, the data before it ends at 0'],
    ['an overlap', fileOf({ x, y: entry('F32', [2], 4, 12) }, 12), 'data begins at 4, the data before it ends at 8'],
    ['the same data twice', fileOf({ x, y: x }, 8), 'data begins at 0, the data before it ends at 8'],
    ['a dtype of no tensor', fileOf({ x: entry('U8', [8], 0, 8) }, 8), 'F32, F64, I32, I64, F16, BF16 can be read'],
    [
      'a long integer',
      fileOf({ y: entry('F32', [1], 0, 4), x: entry('I64', [1], 4, 12) }, 12),
      'a whole number of 32 bits',
    ],
    ['nesting', fileOf(`{"x":{"dtype":"F32","shape":${nested},"data_offsets":[0,8]}}`, 8), 'a nested list'],
  ])('%s', (_, file, message) => {
    withoutLeaks(() => {
      expect(() => loadSafetensors(file, { core })).toThrow(message);
      expect(() => loadSafetensors(file, { core })).toThrow(/^loadSafetensors: /);
    });
  });

  it('what is no file', () => {
    expect(() => loadSafetensors('x' as never, { core })).toThrow(
      "loadSafetensors: bytes expected a Uint8Array or an ArrayBuffer, got 'x'",
    );
    expect(() => loadSafetensors(new Float32Array(8) as never, { core })).toThrow('got Float32Array(8)');
    expect(() => loadSafetensors(fileOf({}), { cores } as object)).toThrow("got 'cores'");
  });

  it('a file that does not fit into memory, leaving nothing of it', async () => {
    const small = await createCore({ simd: 'plain', maxMemory: 2 ** 17 });
    const file = fileOf({ x, y: entry('F32', [50_000], 8, 200_008) }, 200_008);
    expect(() => loadSafetensors(file, { core: small })).toThrow(OutOfMemoryError);
    expect(small.memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
  });

  it('a name of 50 MB, in few words', () => {
    const file = fileOf(`{"${'x'.repeat(50_000_000)}":1}`);
    expect(() => loadSafetensors(file, { core })).toThrow(/^.{100,400}$/);
  });
});

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
const dictionaries = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => name !== '__metadata__'),
  fc.record({ shape: shapes, dtype: fc.constantFrom('f32', 'f64', 'i32'), seed: fc.integer() }),
  { maxKeys: 6 },
);

type Plan = { shape: number[]; dtype: string; seed: number };

function make(plans: Record<string, Plan>): Record<string, Tensor> {
  const made = Object.entries(plans).map(([name, { shape, dtype, seed }]): [string, Tensor] => {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = Array.from({ length: size }, (_, i) =>
      dtype === 'i32' ? (seed * (i + 1)) | 0 : Math.sin(seed + i),
    );
    return [name, Tensor.from(values, shape, { core, dtype: dtype as 'f32' })];
  });
  return Object.fromEntries(made);
}

describe('for any tensors', () => {
  it('what is written is what is read', () => {
    withoutLeaks(() => {
      fc.assert(
        fc.property(dictionaries, (plans) => {
          const tensors = make(plans);
          const got = loadSafetensors(saveSafetensors(tensors), { core });
          expect(Object.keys(got).sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, tensor] of Object.entries(tensors)) {
            expect(got[name].dtype).toBe(tensor.dtype);
            expect(got[name].shape).toEqual(tensor.shape);
            expect(got[name].data).toEqual(tensor.data);
          }
          disposeAll(tensors);
          disposeAll(got);
        }),
      );
    });
  });

  it('a file that was cut or lengthened is refused', () => {
    withoutLeaks(() => {
      fc.assert(
        fc.property(dictionaries, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (plans, share) => {
          const tensors = make(plans);
          const file = saveSafetensors(tensors);
          disposeAll(tensors);
          expect(() => loadSafetensors(file.subarray(0, share * file.length), { core })).toThrow(/^loadSafetensors: /);
          const longer = new Uint8Array(file.length + 1);
          longer.set(file);
          expect(() => loadSafetensors(longer, { core })).toThrow(/^loadSafetensors: /);
        }),
      );
    });
  });

  it('a file with changed bytes is read within its bounds or refused', () => {
    const changes = fc.array(
      fc.record({
        at: fc.nat(),
        byte: fc.oneof(
          fc.integer({ min: 0, max: 255 }),
          fc.constantFrom(...new TextEncoder().encode('0123456789[]{},:"-e\\FI')),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    );
    withoutLeaks(() => {
      fc.assert(
        fc.property(dictionaries, changes, fc.boolean(), (plans, list, inHeader) => {
          const tensors = make(plans);
          const file = saveSafetensors(tensors);
          disposeAll(tensors);
          const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
          for (const { at, byte } of list) file[at % (inHeader ? header : file.length)] = byte;
          try {
            const got = loadSafetensors(file, { core });
            const bytes = Object.values(got).reduce((sum, tensor) => sum + tensor.size * 2, 0);
            expect(bytes).toBeLessThanOrEqual(file.length); // no dtype has fewer than 2 bytes an element
            disposeAll(got);
          } catch (error) {
            expect((error as Error).message).toMatch(/^loadSafetensors: /);
          }
        }),
        { numRuns: 1000 },
      );
    });
  });
});
