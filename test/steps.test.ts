import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('steps/allocations.ts', import.meta.url));
const youngGeneration = ['--min-semi-space-size=64', '--max-semi-space-size=64'];

/** Of a 64-bit floating point number in V8's heap: as such, the loss and some arguments of kernels leave a function. */
const number = 16;

describe.each(['mlp', 'lenet'])('a warm step of %s', (network) => {
  it.each(['sequential', 'graph'])('allocates nothing but a few numbers: %s', async (model) => {
    const args = [...youngGeneration, '--import', 'tsx', script, network, model];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { passes, step, before, after, value } = JSON.parse(stdout);
    console.log(`${network}, ${model}: forward and backward ${passes} bytes, a step ${step} bytes`);
    expect(value).toBeGreaterThan(0);
    // V8's own tables take a byte a step or two now and then; an argument list would be 56, an iterator 40.
    expect(passes).toBeLessThan(number);
    expect(step).toBeLessThan(3 * number);
    expect(after).toEqual(before);
  });
});
