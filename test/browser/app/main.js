import { init, Linear, MSELoss, SGD, Tensor } from 'simdgrad';

const asked = new URLSearchParams(location.search);
const core = await init({ threads: Number(asked.get('threads')) || 'auto', worker: asked.get('worker') ?? undefined });
const [model, loss] = [new Linear(4, 2), new MSELoss()];
const optimizer = new SGD(model.parameters(), { lr: 0.1 });
const [x, target] = [Tensor.randn([8, 4]), Tensor.randn([8, 2])];
const step = () => {
  optimizer.zeroGrad();
  const value = loss.forward(model.forward(x), target);
  model.backward(loss.backward());
  optimizer.step();
  return value;
};
const { simd, threads, threadsReason } = core;
const report = { before: step(), after: step(), simd, threads, threadsReason };
document.querySelector('output').textContent = JSON.stringify(report);
