// Makes cores with threads and disposes of them, one after the other. Prints the threads and the bytes that the process has after some of them.
import { readdirSync } from 'node:fs';
import { createCore, Tensor } from '../../../src/index.ts';
import { gemm } from '../../../src/kernels/index.ts';

const count = Number(process.argv[2]);
const threads = () => (process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0);
const report: { threads: number; rss: number }[] = [];
for (let i = 0; i <= count; i++) {
  const core = await createCore({ threads: 3 });
  const a = Tensor.rand([64, 64], { core });
  gemm(a, a, Tensor.zeros([64, 64], { core }));
  core.dispose();
  if (i % 20 === 0) globalThis.gc?.(); // of a core, JavaScript's heap holds too little to make the collector run
  if (i % Math.ceil(count / 5) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 100)); // workers end a little later
    report.push({ threads: threads(), rss: process.memoryUsage().rss });
  }
}
console.log(JSON.stringify(report));
