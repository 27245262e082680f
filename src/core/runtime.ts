/** What of Node, and of runtimes of 2025 and later, is asked for; others have less or nothing of it. */
interface Runtime {
  readonly process?: {
    readonly versions?: { readonly node?: string };
    /** From Node 20.16 on. */
    getBuiltinModule?(id: string): unknown;
  };
  readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array<ArrayBuffer> };
  readonly Float16Array?: unknown;
  readonly Uint8Array: { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
}

/** The globals of this runtime, as far as they are not everywhere. */
export const runtime = globalThis as unknown as Runtime;
