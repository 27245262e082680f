import { type Core, CrossEntropyLoss, Graph, type Layer, manualSeed, type Tensor } from 'simdgrad';
import { Batches } from './batches.ts';
import { type Digits, imageSide } from './digits/digit-set.ts';
import { evaluate, evaluationBatchSize } from './evaluate.ts';
import type { Interrupt } from './interrupt.ts';
import { models } from './models.ts';
import { makeOptimizer } from './optimizer.ts';
import type { Output } from './output.ts';
import type { NetworkGraph, TrainingRun } from './report/training-run.ts';
import type { Settings } from './settings.ts';
import { trainEpoch } from './train-epoch.ts';

/** Trains for all epochs, or until the interrupt; the model is evaluated after each epoch and after the last step. */
export async function train(
  settings: Settings,
  digits: Digits,
  core: Core,
  output: Output,
  interrupt: Interrupt,
): Promise<{ model: Layer; run: TrainingRun }> {
  manualSeed(settings.seed);
  const { title, make, firstWeight, lrFalls } = models[settings.model];
  const model = make();
  const loss = new CrossEntropyLoss();
  const optimizer = makeOptimizer(settings, model.parameters());
  const trainBatches = new Batches(digits.train);
  const testBatches = new Batches(digits.test);
  const batchSize = Math.min(settings.batchSize, digits.train.labels.length);

  const run: TrainingRun = {
    title,
    source: digits.source,
    trainCount: digits.train.labels.length,
    testCount: digits.test.labels.length,
    settings,
    lrFalls,
    simd: core.simd,
    threads: core.threads,
    parameterCount: model.parameters().reduce((sum, { size }) => sum + size, 0),
    epochs: [],
    stepsPerEpoch: Math.ceil(digits.train.labels.length / batchSize),
    stepLosses: [],
    interrupted: false,
    graph:
      model instanceof Graph
        ? lookAt(model, batchSize, Math.min(evaluationBatchSize, digits.test.labels.length))
        : undefined,
    filters: [],
    filterSide: 0,
    confusion: [],
    mistakes: [],
  };
  const stepCount = settings.epochs * run.stepsPerEpoch;
  output.start(run);

  for (let epoch = 1; epoch <= settings.epochs && !interrupt.requested; epoch++) {
    output.startEpoch(epoch, run.stepsPerEpoch);
    const trained = await trainEpoch({ model, loss, optimizer }, trainBatches, batchSize, (stepLoss, progress) => {
      run.stepLosses.push(stepLoss);
      if (lrFalls) optimizer.lr = settings.lr * (1 - run.stepLosses.length / stepCount);
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

  run.interrupted = run.stepLosses.length < stepCount;
  const weight = model.stateDict()[firstWeight];
  run.filters = kernelsOf(weight);
  run.filterSide = weight.shape[3];
  trainBatches.dispose();
  testBatches.dispose();
  return { model, run };
}

/** A graph's picture and the memory that it takes, to train and to test. */
function lookAt(model: Graph, trainingBatch: number, testBatch: number): NetworkGraph {
  const shapeOf = (batchSize: number) => [batchSize, 1, imageSide, imageSide];
  return {
    dot: model.toDot(shapeOf(trainingBatch)),
    training: { batchSize: trainingBatch, ...model.train().memory(shapeOf(trainingBatch)) },
    evaluation: { batchSize: testBatch, ...model.eval().memory(shapeOf(testBatch)) },
  };
}

/** The kernels of a convolution of one input channel, one array each. */
function kernelsOf(weight: Tensor): Float32Array[] {
  const values = Float32Array.from(weight.data);
  const size = weight.size / weight.shape[0];
  return Array.from({ length: weight.shape[0] }, (_, k) => values.subarray(k * size, (k + 1) * size));
}
