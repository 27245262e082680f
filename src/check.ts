/**
 * Checks of what a user passes, each naming the call, the argument, what was expected and what came.
 * They run before any kernel does and change nothing. Success comes first: a good value costs one comparison.
 */

/** How a value reads in an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as Uint8Array).length})`;
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'object';
  return String(value);
}

/** Throws `call: argument expected …, got …`: a TypeError for a wrong kind of value, a RangeError for a wrong one. */
export function reject(call: string, argument: string, expected: string, got: unknown, Kind = RangeError): never {
  throw new Kind(`${call}: ${argument} expected ${expected}, got ${show(got)}`);
}

/** A whole number of at least `least`. */
export function checkInteger(
  call: string,
  argument: string,
  value: unknown,
  least = -(2 ** 31),
  most = 2 ** 31 - 1,
): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const kind = typeof value === 'number' ? RangeError : TypeError;
  const range = least === -(2 ** 31) ? 'a whole number' : `a whole number ≥ ${least}`;
  return reject(call, argument, most === 2 ** 31 - 1 ? range : `${range} and ≤ ${most}`, value, kind);
}

/** A finite number, within [least, most]. */
export function checkNumber(
  call: string,
  argument: string,
  value: unknown,
  least = -Infinity,
  most = Infinity,
): number {
  if (Number.isFinite(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const bounds = [least > -Infinity ? ` ≥ ${least}` : '', most < Infinity ? ` ≤ ${most}` : '']
    .filter(Boolean)
    .join(' and');
  return reject(call, argument, `a finite number${bounds}`, value, typeof value === 'number' ? RangeError : TypeError);
}

/** A boolean. */
export function checkBoolean(call: string, argument: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : reject(call, argument, 'true or false', value, TypeError);
}

/** One of the words. */
export function checkOneOf<W extends string>(call: string, argument: string, value: unknown, words: readonly W[]): W {
  if (words.includes(value as W)) return value as W;
  return reject(
    call,
    argument,
    words.map(show).join(' or '),
    value,
    typeof value === 'string' ? RangeError : TypeError,
  );
}

/** Refuses option names that the call does not know: a misspelt option would otherwise be ignored in silence. */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    reject(call, 'options', 'an object', options, TypeError);
  }
  for (const name in options) {
    if (!known.includes(name)) reject(call, 'options', `only ${known.join(', ')}`, name, TypeError);
  }
}
