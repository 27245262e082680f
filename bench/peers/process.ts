import { type ChildProcess, spawn } from 'node:child_process';
import { Messages } from './messages.ts';
import { type Call, type Peer, Refusal } from './peer.ts';
import type { Problem } from './problem.ts';

/** What a process is asked; `prepare` is followed by its operands' bytes. */
export type Request =
  | { ask: 'prepare'; op: Problem['op']; sizes: object; flops?: number; operands: DescribedOperand[] }
  | { ask: 'results' }
  | { ask: 'time'; calls: number };

export interface DescribedOperand {
  name: string;
  shape: readonly number[];
  dtype: 'float32' | 'int32';
}

/** What it answers; first of all, unasked, who it is. */
export interface Answer {
  /** Why it cannot, in place of all others. */
  refused?: string;
  name?: string;
  version?: string;
  manner?: string;
  ms?: number;
  /** Lengths of the float32 arrays whose bytes follow. */
  lengths?: number[];
}

/** What libraries read their number of threads from, in adapters by way of threads.ts. */
const withThreads = (n: number) => {
  const threads = String(n);
  return { OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
};

/** On what terms peers run: milliseconds that a call may take, and threads. */
export interface Terms {
  patience: number;
  threads: number;
}

/**
 * A peer in a process of its own, so that no library changes what another one finds (globals, the heap, compiled
 * code), whatever its language. It measures its own calls, and waits between them. A process whose first call takes
 * more than `patience` milliseconds is ended, and started again for the next problem.
 * @throws Refusal when it cannot start
 */
export async function startPeer({ patience, threads }: Terms, command: string, ...args: string[]): Promise<Peer> {
  let running = new PeerProcess(threads, command, args);
  const { name = '', version = '', manner = '' } = await running.answer();
  return {
    name,
    version,
    manner,
    async prepare(problem, flops): Promise<Call> {
      if (running.isOver) {
        running = new PeerProcess(threads, command, args);
        await running.answer();
      }
      const child = running;
      await child.ask(...prepareRequest(problem, flops));
      return {
        results: async () => (await child.within(patience, child.ask({ ask: 'results' }))).arrays,
        time: async (calls) => (await child.ask({ ask: 'time', calls })).ms ?? Number.NaN,
        dispose: () => {},
      };
    },
    close: () => running.close(),
  };
}

class PeerProcess {
  isOver = false;
  private readonly child: ChildProcess;
  private readonly messages: Messages;

  constructor(threads: number, command: string, args: readonly string[]) {
    this.child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...withThreads(threads) },
    });
    if (!this.child.stdin || !this.child.stdout) throw new Error('no pipes');
    this.messages = new Messages(this.child.stdout, this.child.stdin);
  }

  ask(request: Request, payload: readonly Uint8Array[] = []) {
    this.messages.write(request, payload);
    return this.answer();
  }

  async answer(): Promise<Answer & { arrays: Float32Array[] }> {
    const answer = (await this.messages.readLine()) as Answer | undefined;
    if (!answer) {
      this.isOver = true;
      throw new Refusal('its process has ended');
    }
    if (answer.refused) throw new Refusal(answer.refused);
    const arrays: Float32Array[] = [];
    for (const length of answer.lengths ?? []) arrays.push(new Float32Array(await this.messages.readBytes(4 * length)));
    return { ...answer, arrays };
  }

  /** The answer, or the end of the process when it takes too long. */
  async within<T>(patience: number, answer: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.close(), patience);
    try {
      return await answer;
    } catch (error) {
      throw this.isOver ? new Refusal(`over ${patience / 1000} s`) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.isOver = true;
    this.child.kill();
  }
}

function prepareRequest({ op, sizes, operands }: Problem, flops?: number): [Request, Uint8Array[]] {
  const all = Object.entries(operands);
  const described = all.map(
    ([name, { shape, values }]): DescribedOperand => ({
      name,
      shape,
      dtype: values instanceof Int32Array ? 'int32' : 'float32',
    }),
  );
  const payload = all.map(([, { values }]) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return [{ ask: 'prepare', op, sizes, flops, operands: described }, payload];
}
