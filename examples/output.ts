import { SingleBar } from 'cli-progress';
import type { EpochRecord, TrainingRun } from './report/training-run.ts';
import type { Settings } from './settings.ts';
import type { EpochProgress } from './train-epoch.ts';

/**
 * What the terminal shows: on standard output a line per epoch (or JSON, and nothing else); on standard error a
 * progress bar, when someone is there to see it move.
 */
export class Output {
  readonly #settings: Settings;
  readonly #bar: SingleBar;

  constructor(settings: Settings) {
    this.#settings = settings;
    // Of `npm start | head` the files are still wanted.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
    this.#bar = new SingleBar({
      format: 'epoch {epoch} {bar} {value}/{total} steps   loss {loss}   {speed} images/s',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 28,
      stream: process.stderr,
      clearOnComplete: true,
    });
  }

  start({ title, settings, source, trainCount, testCount, parameterCount, simd, lrFalls, graph }: TrainingRun): void {
    this.#line(`${source}: ${thousands(trainCount)} images to train on, ${thousands(testCount)} to test`);
    const falling = lrFalls ? ' falling to 0' : '';
    this.#line(
      `${title}: ${thousands(parameterCount)} parameters; ${settings.optimizer}, learning rate ${settings.lr}${falling}, ` +
        `batches of ${settings.batchSize}, seed ${settings.seed}; ${simd} SIMD`,
    );
    if (graph) {
      const [training, evaluation] = [graph.training, graph.evaluation].map(
        ({ batchSize, planned, naive }) =>
          `${megabytes(planned)} in batches of ${batchSize} (unplanned ${megabytes(naive)})`,
      );
      this.#line(`Memory of the graph: to train ${training}, to test ${evaluation}`);
    }
  }

  startEpoch(epoch: number, steps: number): void {
    // On something that is no terminal the bar draws nothing.
    this.#bar.start(steps, 0, { epoch: `${epoch}/${this.#settings.epochs}`, loss: '–', speed: '–' });
  }

  step({ steps, images, lossSum, seconds }: EpochProgress): void {
    this.#bar.update(steps, { loss: (lossSum / images).toFixed(4), speed: thousands(images / seconds) });
  }

  endEpoch(record: EpochRecord): void {
    this.#bar.stop();
    const { epoch, trainLoss, trainAccuracy, testLoss, testAccuracy, seconds, imagesPerSecond } = record;
    const columns = [
      `epoch ${String(epoch).padStart(String(this.#settings.epochs).length)}/${this.#settings.epochs}`,
      `train loss ${trainLoss.toFixed(4)}  ${percent(trainAccuracy)}`,
      `test loss ${testLoss.toFixed(4)}  ${percent(testAccuracy)}`,
      `${seconds.toFixed(1)} s, ${thousands(imagesPerSecond)} images/s`,
    ];
    this.#line(columns.join('   '));
    this.#json({ type: 'epoch', ...record });
  }

  end(run: TrainingRun, files: { weights: string; report: string }): void {
    const { epochs, parameterCount, interrupted, settings } = run;
    const { testLoss, testAccuracy } = epochs[epochs.length - 1];
    const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
    this.#line(`${percent(testAccuracy)} test accuracy after ${seconds.toFixed(1)} s of training`);
    this.#line(`Wrote ${files.weights} and ${files.report}`);
    const { model, optimizer, lr, batchSize, seed } = settings;
    const steps = run.stepLosses.length;
    this.#json({
      type: 'result',
      ...{ testLoss, testAccuracy, epochs: epochs.length, steps, seconds, interrupted },
      ...{ model, optimizer, lr, batchSize, seed, simd: run.simd, threads: run.threads, parameters: parameterCount },
      ...(run.graph && { memory: { training: run.graph.training, evaluation: run.graph.evaluation } }),
      ...files,
    });
  }

  notice(text: string): void {
    this.#bar.stop();
    console.error(text);
  }

  /** Words for people. */
  #line(text: string): void {
    if (!this.#settings.json) console.log(text);
  }

  /** The same for machines. */
  #json(record: object): void {
    if (this.#settings.json) console.log(JSON.stringify(record));
  }
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}
