import { type Core, type Linear, Tensor } from 'simdgrad';

const floatBytes = Float32Array.BYTES_PER_ELEMENT;

/**
 * Linear, ReLU, Linear for one row as nothing but calls of kernels: shapes are those of the layers, every address is known
 * beforehand, and nothing is checked. Parameters and their gradients are the layers' own, so that they lie at the same place
 * in the processor's cache; values are not.
 */
export class BareMlp {
  readonly out: Tensor;
  readonly dx: Tensor;
  readonly forward: () => void;
  readonly backward: () => void;

  constructor(core: Core, first: Linear, second: Linear, x: Tensor, dout: Tensor) {
    const [I, H, O] = [first.inFeatures, first.outFeatures, second.outFeatures];
    const zeros = (...shape: number[]) => Tensor.zeros(shape, { core });
    this.out = zeros(1, O);
    this.dx = zeros(1, I);
    const parameters = [...first.parameters(), ...second.parameters()];
    const [w1, b1, w2, b2] = parameters.map(({ address }) => address);
    const [dw1, db1, dw2, db2] = parameters.map(({ grad }) => grad.address);
    const [h, r, dh, dr] = Array.from({ length: 4 }, () => zeros(1, H).address);
    const [inputs, outputs, doutputs, dinputs] = [x.address, this.out.address, dout.address, this.dx.address];
    const { gemmLines, gemmWorkspace, linearForward, linearBackwardBias, gemm, reluForward, reluBackward } =
      core.kernels.f32;
    const sizes = [gemmWorkspace(1, H, I), gemmWorkspace(H, I, 1), gemmWorkspace(1, I, H)];
    sizes.push(gemmWorkspace(1, O, H), gemmWorkspace(O, H, 1), gemmWorkspace(1, H, O));
    const workspace = core.memory.allocate(floatBytes * Math.max(...sizes));
    this.forward = () => {
      linearForward(h, inputs, w1, b1, workspace, 1, H, I, 0, H);
      reluForward(r, h, 0, 0, 0, H);
      linearForward(outputs, r, w2, b2, workspace, 1, O, H, 0, O);
    };
    this.backward = () => {
      gemm(dw2, doutputs, r, workspace, O, H, 1, O, H, H, 1, 0, 1, 1, 0, gemmLines(O, H, 1));
      linearBackwardBias(db2, doutputs, 1, O, 0, O);
      gemm(dr, doutputs, w2, workspace, 1, H, O, O, H, H, 0, 0, 1, 0, 0, H);
      reluBackward(dh, dr, r, 0, 0, 0, 0, H);
      gemm(dw1, dh, inputs, workspace, H, I, 1, H, I, I, 1, 0, 1, 1, 0, gemmLines(H, I, 1));
      linearBackwardBias(db1, dh, 1, H, 0, H);
      gemm(dinputs, dh, w1, workspace, 1, I, H, H, I, I, 0, 0, 1, 0, 0, I);
    };
  }
}
