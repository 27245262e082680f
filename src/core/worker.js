// What a helper thread runs, in Node (worker_threads) and in browsers (a module Worker): it gets the module and the shared memory,
// says that it is ready, and serves until the core halts. assembly/build.mjs embeds this text; the package has it as a file, too.

/** Why the core halts: a helper failed (src/core/threads.ts). */
const failed = 2;

function start({ module, memory, thread }, reply) {
  const fail = (why) => {
    throw new Error(`simdgrad: a helper thread failed (${why})`);
  };
  const env = { memory, now: () => performance.now(), isGone: () => 0, fail };
  const { exports } = new WebAssembly.Instance(module, { env });
  reply('ready');
  try {
    exports.serve(thread);
  } catch (error) {
    exports.halt(failed);
    throw error;
  }
}

if (typeof WorkerGlobalScope === 'undefined') {
  import('node:worker_threads').then(({ parentPort }) => {
    parentPort.once('message', (data) => start(data, (message) => parentPort.postMessage(message)));
  });
} else {
  self.onmessage = ({ data }) => {
    self.onmessage = null;
    start(data, (message) => self.postMessage(message));
    self.close();
  };
}
