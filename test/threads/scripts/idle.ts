// Prints the share of a core that helper threads take from 5 ms after the last kernel on, and ends by itself though they are there.
import { init, Tensor } from '../../../src/index.ts';
import { gemm } from '../../../src/kernels/index.ts';

await init({ threads: 4 });
const a = Tensor.rand([256, 256]);
const out = Tensor.zeros([256, 256]);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const shares = [];
for (let trial = 0; trial < 5; trial++) {
  for (let i = 0; i < 20; i++) gemm(a, a, out);
  await sleep(5);
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await sleep(200);
  const { user, system } = process.cpuUsage(cpu);
  shares.push((user + system) / 1000 / (performance.now() - start));
}
console.log(Math.min(...shares));
