// What tests import from 'vitest', of the packages that vitest itself is made of: the bundle for browsers has this file in its
// place. vitest's own entry wants the process that vitest starts around it.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  type ExpectStatic,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner';
export { expectTypeOf } from 'expect-type';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

export const expect = ((value: unknown, message?: string) => chai.expect(value, message)) as ExpectStatic;
Object.assign(expect, chai.expect, (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT], {
  unreachable: (message = '') => expect.fail(`expected not to get here: ${message}`),
});
setState({ assertionCalls: 0 }, expect);
