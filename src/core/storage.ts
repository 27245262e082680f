import type { Core } from './core.ts';

/** Blocks of tensors that were dropped without `dispose()` come back when the collector finds them. */
const forgotten = new FinalizationRegistry<{ core: Core; start: number }>(({ core, start }) => {
  core.memory.free(start);
  core.memory.liveTensors--;
});

/** A block of linear memory held by one tensor or by several views of it; freed with its last holder. */
export class Storage {
  readonly core: Core;
  readonly bytes: number;
  private start: number;
  private holders = 1;

  constructor(core: Core, bytes: number) {
    this.core = core;
    this.bytes = bytes;
    this.start = core.memory.allocate(bytes);
    core.memory.liveTensors++;
    forgotten.register(this, { core, start: this.start }, this);
  }

  /** The block's address; 0 once it is freed, or its core disposed. */
  get address(): number {
    return this.core.memory.isDisposed ? 0 : this.start;
  }

  retain(): void {
    this.holders++;
  }

  release(): void {
    if (--this.holders > 0 || this.start === 0) return;
    forgotten.unregister(this);
    this.core.memory.free(this.start);
    this.core.memory.liveTensors--;
    this.start = 0;
  }
}
