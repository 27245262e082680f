import type { Core } from '../core/core.ts';
import { Storage } from '../core/storage.ts';
import type { Tensor } from '../tensor.ts';

/** A block of memory that the programs of one graph share: only one of them is between forward and backward. */
export class Arena {
  private readonly core: Core;
  private held: Storage | undefined;
  /** Programs whose tensors lie in the block. */
  private readonly tenants = new Set<{ unbind(): void }>();

  constructor(core: Core) {
    this.core = core;
  }

  /** The block, of at least `bytes`. When it has to grow, the tensors over the old one are disposed of. */
  storage(bytes: number, tenant: { unbind(): void }): Storage {
    if (!this.held || this.held.bytes < bytes) {
      const larger = new Storage(this.core, bytes);
      this.dispose();
      this.held = larger;
    }
    this.tenants.add(tenant);
    return this.held;
  }

  /** Takes a program out that is no more. */
  leave(tenant: { unbind(): void }): void {
    this.tenants.delete(tenant);
  }

  /** Whether a tensor lies in the block. */
  holds(tensor: Tensor): boolean {
    return this.held !== undefined && tensor.isPartOf(this.held);
  }

  dispose(): void {
    for (const tenant of this.tenants) tenant.unbind();
    this.tenants.clear();
    this.held?.release();
    this.held = undefined;
  }
}
