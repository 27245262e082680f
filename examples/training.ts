import { type Core, CrossEntropyLoss, manualSeed, type Sequential } from 'simdgrad';
import { Batches } from './batches.ts';
import type { Digits } from './digits/digit-set.ts';
import { evaluate } from './evaluate.ts';
import type { Interrupt } from './interrupt.ts';
import { lenet5 } from './lenet.ts';
import { makeOptimizer } from './optimizer.ts';
import type { Output } from './output.ts';
import type { TrainingRun } from './report/training-run.ts';
import type { Settings } from './settings.ts';
import { trainEpoch } from './train-epoch.ts';

/** Trains for all epochs, or until the interrupt; the model is evaluated after each epoch and after the last step. */
export async function train(
  settings: Settings,
  digits: Digits,
  core: Core,
  output: Output,
  interrupt: Interrupt,
): Promise<{ model: Sequential; run: TrainingRun }> {
  manualSeed(settings.seed);
  const model = lenet5();
  const loss = new CrossEntropyLoss();
  const optimizer = makeOptimizer(settings, model.parameters());
  const trainBatches = new Batches(digits.train);
  const testBatches = new Batches(digits.test);
  const batchSize = Math.min(settings.batchSize, digits.train.labels.length);

  const run: TrainingRun = {
    source: digits.source,
    trainCount: digits.train.labels.length,
    testCount: digits.test.labels.length,
    settings,
    simd: core.simd,
    parameterCount: model.parameters().reduce((sum, { size }) => sum + size, 0),
    epochs: [],
    stepsPerEpoch: Math.ceil(digits.train.labels.length / batchSize),
    stepLosses: [],
    interrupted: false,
    filters: [],
    filterSide: 5,
    confusion: [],
    mistakes: [],
  };
  output.start(run);

  for (let epoch = 1; epoch <= settings.epochs && !interrupt.requested; epoch++) {
    output.startEpoch(epoch, run.stepsPerEpoch);
    const trained = await trainEpoch({ model, loss, optimizer }, trainBatches, batchSize, (stepLoss, progress) => {
      run.stepLosses.push(stepLoss);
      output.step(progress);
      return !interrupt.requested;
    });
    const tested = await evaluate(model, loss, testBatches);
    const record = {
      epoch,
      steps: trained.steps,
      trainLoss: trained.lossSum / trained.images,
      trainAccuracy: trained.correct / trained.images,
      testLoss: tested.loss,
      testAccuracy: tested.accuracy,
      seconds: trained.seconds,
      imagesPerSecond: trained.images / trained.seconds,
    };
    run.epochs.push(record);
    run.confusion = tested.confusion;
    run.mistakes = tested.mistakes;
    output.endEpoch(record);
  }

  run.interrupted = run.stepLosses.length < settings.epochs * run.stepsPerEpoch;
  run.filters = kernelsOf(model);
  trainBatches.dispose();
  testBatches.dispose();
  return { model, run };
}

/** The first convolution's kernels, one array each. */
function kernelsOf(model: Sequential): Float32Array[] {
  const { '0.weight': weight } = model.stateDict();
  const values = Float32Array.from(weight.data);
  const size = weight.size / weight.shape[0];
  return Array.from({ length: weight.shape[0] }, (_, k) => values.subarray(k * size, (k + 1) * size));
}
