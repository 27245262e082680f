import { expect, it } from 'vitest';
import { Tensor } from '../src/index.ts';
import { numbersOf, type OnnxCase, Skip } from './onnx/case.ts';
import { ops } from './onnx/ops.ts';
import { forEachBuild } from './support/builds.ts';
import { listFiles, readBytes, readText } from './support/files.ts';

/** ONNX's backend node tests (forward only): beside the project, where it was set up with them. */
const directory = '../shared/golden/onnx/';

/** Outputs that are not compared: the library keeps the places of the maxima to itself. */
const notGiven: Readonly<Record<string, number>> = { MaxPool: 1 };

/** ONNX's own measure: |got − expected| ≤ 1e-7 + 1e-3·|expected|. */
function expectNear(name: string, got: ArrayLike<number>, expected: number[]): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => {
    if (Object.is(got[i], value)) return;
    expect(Math.abs(got[i] - value), `${name}[${i}]`).toBeLessThanOrEqual(1e-7 + 1e-3 * Math.abs(value));
  });
}

const names = (await listFiles(directory)).filter((name) => name.endsWith('.json'));
const files = await Promise.all(
  names.map(async (name) => {
    const { cases, bin }: { cases: OnnxCase[]; bin: string } = JSON.parse(await readText(directory + name));
    return { name: name.replace('.json', ''), cases, data: await readBytes(directory + bin) };
  }),
);

it.skipIf(files.length)('ONNX cases are not here', (context) => context.skip(`no ${directory}`));

const everyFile: Parameters<typeof forEachBuild>[0] = (core, dtype) => {
  for (const { name: file, cases, data } of files) {
    for (const { name, nodes, inputs, initializers = [], outputs } of cases) {
      const [{ op, attrs, inputs: names, outputs: given }] = nodes;
      const isKnown = nodes.length === 1 && Object.hasOwn(ops, op);
      (isKnown ? it : it.skip)(`${file} ${name}`, (context) => {
        try {
          const values = new Map([...inputs, ...initializers].map((value) => [value.name, value]));
          const tensors = names.map((input) => {
            const value = values.get(input);
            // An empty tensor says as much as none.
            if (!value || value.shape.includes(0)) return undefined;
            const type = value.dtype.startsWith('float') ? dtype : 'i32';
            return Tensor.from(numbersOf(value, data), value.shape, { core, dtype: type });
          });
          const results = [ops[op]({ core, dtype }, attrs, ...(tensors as Tensor[]))].flat();
          for (const output of outputs) {
            const place = given.indexOf(output.name);
            if (place === notGiven[op]) continue;
            const result = results[place];
            if (typeof result !== 'number') expect(result.shape).toEqual(output.shape);
            expectNear(output.name, typeof result === 'number' ? [result] : result.data, numbersOf(output, data));
          }
        } catch (error) {
          if (error instanceof Skip) context.skip(error.message);
          throw error;
        }
      });
    }
  }
};
if (files.length) forEachBuild(everyFile);
