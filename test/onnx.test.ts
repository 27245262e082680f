import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Tensor } from '../src/index.ts';
import { numbersOf, type OnnxCase, Skip } from './onnx/case.ts';
import { ops } from './onnx/ops.ts';
import { forEachBuild } from './support/builds.ts';

/** ONNX's backend node tests (forward only): beside the project, where it was set up with them. */
const directory = new URL('../../shared/golden/onnx/', import.meta.url);

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

it.skipIf(existsSync(directory))('ONNX cases are not here', (context) => context.skip(`no ${directory.pathname}`));

const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.json')) : [];
const everyFile: Parameters<typeof forEachBuild>[0] = (core, dtype) => {
  for (const file of files) {
    const { cases, bin }: { cases: OnnxCase[]; bin: string } = JSON.parse(
      readFileSync(new URL(file, directory), 'utf8'),
    );
    const data = new Uint8Array(readFileSync(new URL(bin, directory)));
    for (const { name, nodes, inputs, initializers = [], outputs } of cases) {
      const [{ op, attrs, inputs: names, outputs: given }] = nodes;
      const isKnown = nodes.length === 1 && Object.hasOwn(ops, op);
      (isKnown ? it : it.skip)(`${file.replace('.json', '')} ${name}`, (context) => {
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
