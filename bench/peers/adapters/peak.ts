import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { type LoadPeer, Refusal } from '../peer.ts';

interface Probe {
  probe(turns: number): number;
  flopsOfTurn: WebAssembly.Global;
}

async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  // Beside the source there is no asconfig.json, whose options are those of the kernels.
  const folder = fileURLToPath(new URL('../peak/', import.meta.url));
  let wasm = new Uint8Array();
  const { error, stderr } = await asc.main(
    [
      'probe.ts',
      '--baseDir',
      folder,
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--initialMemory',
      '1',
      '--enable',
      'relaxed-simd',
      '-o',
      'probe.wasm',
    ],
    {
      writeFile: (_, contents) => {
        wasm = contents as Uint8Array<ArrayBuffer>;
      },
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return wasm;
}

/** Not a library: how long a problem's operations would take, were the processor to do nothing else. */
export const load: LoadPeer = async () => {
  const wasm = await compile();
  if (!WebAssembly.validate(wasm)) throw new Refusal('no relaxed SIMD');
  const { instance } = await WebAssembly.instantiate(wasm);
  const { probe, flopsOfTurn } = instance.exports as unknown as Probe;
  return {
    name: 'peak',
    version: 'f32x4.relaxed_madd',
    manner:
      'not a library but the bound: as many operations as the case has, in fused multiply-adds on twelve registers, without memory. Where a direct count is the wrong bound (a convolution done with fewer products) a library may pass it.',
    async prepare(_problem, flops) {
      if (!flops) throw new Refusal('not limited by arithmetic');
      const turns = Math.max(1, Math.round(flops / flopsOfTurn.value));
      return {
        results: async () => [],
        async time(calls) {
          const start = performance.now();
          for (let call = 0; call < calls; call++) probe(turns);
          return performance.now() - start;
        },
        dispose: () => {},
      };
    },
  };
};
