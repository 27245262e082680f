/** A terminal's Ctrl-C reaches the process twice when npm passes it on as well: what comes this close is one press. */
const onePress = 250; // ms

/**
 * Ctrl-C (SIGINT) as a wish: the first one sets `requested`, for the training loop to stop after the step it is in.
 * A second one ends the process at once.
 */
export class Interrupt {
  #requestedAt?: number;
  readonly #announce: () => void;

  constructor(announce: () => void) {
    this.#announce = announce;
    process.on('SIGINT', () => this.#receive());
  }

  get requested(): boolean {
    return this.#requestedAt !== undefined;
  }

  #receive(): void {
    if (this.#requestedAt === undefined) {
      this.#requestedAt = performance.now();
      this.#announce();
    } else if (performance.now() - this.#requestedAt > onePress) {
      process.exit(130);
    }
  }
}

/** Lets signals, timers and the progress bar have their turn between two steps of synchronous work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
