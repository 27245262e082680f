export interface GeneratorState {
  readonly seed: number;
  readonly drawn: number;
}

/**
 * The seed and how many numbers have been drawn: draw i is a function of (seed, i) alone, computed by the kernels
 * (assembly/lib/splitmix.ts).
 */
export class Generator {
  private key: number;
  private drawn = 0;

  constructor(seed: number) {
    this.key = seed;
  }

  get seed(): number {
    return this.key;
  }

  /** Starts the sequence of `seed` from its first draw. */
  restart(seed: number): void {
    this.key = seed;
    this.drawn = 0;
  }

  /** Where the sequence stands; assigning one goes back there, so that what was drawn since is drawn again. */
  get state(): GeneratorState {
    return { seed: this.key, drawn: this.drawn };
  }

  set state({ seed, drawn }: GeneratorState) {
    this.key = seed;
    this.drawn = drawn;
  }

  /** Takes the next `count` draws; returns the index of the first. */
  take(count: number): number {
    const first = this.drawn;
    this.drawn += count;
    return first;
  }
}
