import type { Core, FloatDType } from '../../src/index.ts';
import { Context, Skip } from './context.ts';
import type { Case, Values } from './format.ts';
import { ops } from './ops/index.ts';

/** What came of a case: `skipped` names the op, or the attribute or input, that no mapping knows. */
export type Outcome =
  | { status: 'passed' }
  | { status: 'failed'; message: string }
  | { status: 'skipped'; what: string };

/** The name that a case's mapping has in the table: the op, and the kind where there are several. */
export const nameOf = ({ op, attrs }: Case): string => (typeof attrs.kind === 'string' ? `${op}:${attrs.kind}` : op);

/** Runs a case on a core and holds what it computes to what is expected. */
export function runCase(golden: Case, core: Core, dtype: FloatDType): Outcome {
  const name = nameOf(golden);
  if (!Object.hasOwn(ops, name)) return { status: 'skipped', what: name };
  const context = new Context(golden, core, dtype);
  try {
    const results = ops[name](context);
    const unknown = context.unread();
    if (unknown.length) return { status: 'skipped', what: `${name} (${unknown.join(', ')})` };
    const faults = Object.keys(golden.expected).map((key) => compare(golden, dtype, key, results[key]));
    const worst = faults.filter((fault) => fault !== undefined).sort((a, b) => b.excess - a.excess)[0];
    return worst ? { status: 'failed', message: worst.message } : { status: 'passed' };
  } catch (error) {
    if (error instanceof Skip) return { status: 'skipped', what: `${name} (${error.message})` };
    return { status: 'failed', message: String(error) };
  } finally {
    context.dispose();
  }
}

/** The worst element of one tensor, if it is beyond the tolerance. */
function compare(golden: Case, dtype: FloatDType, key: string, got: Values | undefined) {
  const { shape, data } = golden.expected[key];
  if (!got) return { excess: Infinity, message: `${key}: not computed` };
  if (got.shape.join() !== shape.join()) {
    return { excess: Infinity, message: `${key}: expected shape [${shape.join(', ')}], got [${got.shape.join(', ')}]` };
  }
  const tolerance = golden.tol[key] ?? { scale: largest(data), f32: 2e-6, f64: 1e-12 };
  const allowed = tolerance[dtype] * tolerance.scale;
  let worst = -1;
  let excess = 1;
  for (let i = 0; i < data.length; i++) {
    const error = Object.is(got.data[i], data[i]) ? 0 : Math.abs(got.data[i] - data[i]);
    const ratio = error <= allowed ? 0 : Number.isFinite(error) && allowed > 0 ? error / allowed : Infinity;
    if (ratio > excess) [worst, excess] = [i, ratio];
  }
  if (worst < 0) return undefined;
  const error = Math.abs(got.data[worst] - data[worst]);
  return {
    excess,
    message: `${key}[${worst}]: got ${got.data[worst]}, expected ${data[worst]}, error ${error}, allowed ${allowed}`,
  };
}

const largest = (data: Values['data']): number => Float64Array.from(data, Math.abs).reduce((a, b) => Math.max(a, b), 0);
