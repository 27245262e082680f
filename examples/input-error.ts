/** A mistake in what the user handed in (an option, a folder, a file): one line to read, no stack trace. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
