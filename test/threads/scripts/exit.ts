// Ends while kernels run on four threads.
import { init, Tensor } from '../../../src/index.ts';
import { gemm } from '../../../src/kernels/index.ts';

await init({ threads: 4 });
const a = Tensor.rand([256, 256]);
const out = Tensor.zeros([256, 256]);
const multiply = () => {
  for (let i = 0; i < 20; i++) gemm(a, a, out);
  setImmediate(multiply);
};
setTimeout(() => process.exit(7), 100);
multiply();
