// A process for one library that runs in Node: `host.ts jax` loads adapters/jax.ts and answers requests on stdin.
import { Messages } from './messages.ts';
import type { Call, LoadPeer, Peer } from './peer.ts';
import type { Operand, Problem } from './problem.ts';
import type { DescribedOperand, Request } from './process.ts';

// Answers go to stdout; what libraries say goes beside them.
console.log = console.error;
const messages = new Messages(process.stdin, process.stdout);

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error)) || 'an error';

async function readOperands(described: readonly DescribedOperand[]): Promise<Record<string, Operand>> {
  const operands: Record<string, Operand> = {};
  for (const { name, shape, dtype } of described) {
    const buffer = await messages.readBytes(4 * shape.reduce((product, length) => product * length, 1));
    operands[name] = { shape, values: dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer) };
  }
  return operands;
}

async function answer(peer: Peer): Promise<void> {
  let call: Call | undefined;
  for (;;) {
    const request = (await messages.readLine()) as Request | undefined;
    if (!request) return;
    const operands = request.ask === 'prepare' ? await readOperands(request.operands) : {};
    try {
      if (request.ask === 'prepare') {
        call?.dispose();
        call = undefined;
        const { op, sizes, flops } = request;
        call = await peer.prepare({ op, sizes, operands } as Problem, flops);
        messages.write({});
      } else if (request.ask === 'results') {
        const results = (await call?.results()) ?? [];
        const arrays = results.map((result) => Float32Array.from(result));
        messages.write(
          { lengths: arrays.map(({ length }) => length) },
          arrays.map(({ buffer }) => new Uint8Array(buffer)),
        );
      } else messages.write({ ms: await call?.time(request.calls) });
    } catch (error) {
      messages.write({ refused: reason(error) });
    }
  }
}

try {
  const { load }: { load: LoadPeer } = await import(`./adapters/${process.argv[2]}.ts`);
  const peer = await load();
  messages.write({ name: peer.name, version: peer.version, manner: peer.manner });
  await answer(peer);
  process.exit(0);
} catch (error) {
  messages.write({ refused: reason(error) });
}
