import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('steps/allocations.ts', import.meta.url));
const youngGeneration = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
/** V8 compiles on the spot instead of beside the program: how far it has come does not depend on how busy the machine is. */
const onTheSpot = '--no-concurrent-recompilation';

/** Of a 64-bit floating point number in V8's heap: as such, the loss and some arguments of kernels leave a function, as
 *  many as V8 likes to (Node 20: up to four a step, Node 26: one). */
const number = 16;

describe.each(['mlp', 'lenet'])('a warm step of %s', (network) => {
  it.each(['sequential', 'graph'])('allocates nothing but a few numbers: %s', async (model) => {
    const args = [...youngGeneration, onTheSpot, '--import', 'tsx', script, network, model];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { passes, step, before, after, value } = JSON.parse(stdout);
    console.log(`${network}, ${model}: forward and backward ${passes} bytes, a step ${step} bytes`);
    expect(value).toBeGreaterThan(0);
    // V8's own tables take a byte a step or two now and then; an argument list would be 56 a layer, an iterator 40.
    expect(passes).toBeLessThan(number);
    expect(step).toBeLessThan(6 * number);
    expect(after).toEqual(before);
  });
});
