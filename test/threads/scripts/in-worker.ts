// A core with threads inside a worker. Prints how many threads it has, and the sum of a product of ones.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { createCore, Tensor } from '../../../src/index.ts';
import { gemm } from '../../../src/kernels/index.ts';

if (isMainThread) {
  // Node 20 does not preload modules that resolve others into a worker.
  const boot = `import('tsx/esm/api').then(({ register }) => (register(), import('${import.meta.url}')))`;
  const worker = new Worker(boot, { eval: true });
  worker.on('message', (message) => console.log(JSON.stringify(message)));
} else {
  const core = await createCore({ threads: 3 });
  const a = Tensor.ones([200, 200], { core });
  const out = Tensor.zeros([200, 200], { core });
  gemm(a, a, out);
  parentPort?.postMessage({
    threads: core.threads,
    sum: out.data.reduce((sum: number, value: number) => sum + value, 0),
  });
}
