// The training step of README.md, as a page would load it: test/size.test.ts bundles it.
import {
  Adam,
  Conv2d,
  CrossEntropyLoss,
  Flatten,
  init,
  Linear,
  MaxPool2d,
  manualSeed,
  ReLU,
  Sequential,
  Tensor,
} from '../../src/index.ts';

await init();
manualSeed(7);
const features = [new Conv2d(1, 6, 5, { padding: 2 }), new ReLU(), new MaxPool2d(2), new Conv2d(6, 16, 5), new ReLU()];
const classifier = [new Linear(400, 120), new ReLU(), new Linear(120, 84), new ReLU(), new Linear(84, 10)];
const model = new Sequential(...features, new MaxPool2d(2), new Flatten(), ...classifier);
const loss = new CrossEntropyLoss();
const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
const x = Tensor.rand([32, 1, 28, 28]);
const labels = Tensor.zeros([32], { dtype: 'i32' });
optimizer.zeroGrad();
loss.forward(model.forward(x), labels);
model.backward(loss.backward());
optimizer.step();
