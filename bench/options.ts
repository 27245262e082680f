import { InvalidArgumentError } from 'commander';

/** A number above 0, of a command line. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** A whole number above 0. */
export function whole(text: string): number {
  if (!Number.isInteger(positive(text))) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
