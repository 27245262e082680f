/** The numbers of docs/derivations.md, by section. */
export { activation } from './activation.ts';
export { circuits } from './circuits.ts';
export { convolution1, convolution3 } from './convolution.ts';
export { dense } from './dense.ts';
export { layernorm } from './layernorm.ts';
export { network } from './logistic-network.ts';
export { mazur } from './mazur.ts';
export { optimizers } from './optimizers.ts';
export { avgpool, maxpool, overlap } from './pooling.ts';
export { softmaxLoss } from './softmax.ts';
