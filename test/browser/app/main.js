import { init, Linear, MSELoss, SGD, Tensor } from 'simdgrad';

const core = await init({ threads: 'auto' });
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
const report = { before: step(), after: step(), simd: core.simd, threads: core.threads };
document.querySelector('output').textContent = JSON.stringify(report);
