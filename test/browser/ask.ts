import { answer, type CoreReport, type FileReport, type Question } from './answer.ts';

/** Has a question answered in this page or in a worker of it. */
export function ask(question: Question, inWorker: boolean): Promise<FileReport | CoreReport> {
  if (!inWorker) return answer(question);
  const worker = new Worker('/test/browser/worker.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
    worker.postMessage(question);
  });
}
