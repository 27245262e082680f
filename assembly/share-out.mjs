// The text of a kernel's instance in the builds with threads. `@parallel(work, align)` above a kernel says how many nanoseconds one
// unit of its range [begin, end) takes in f32 on one core, in terms of its parameters, and at which multiples the range should
// be cut (1 if left out). The instance writes the arguments down, where every thread reads them, and shares out the range
// (lib/parallel.ts). One in f32 that is too small for that is called directly; in f64, which is there for checking gradients, it goes
// the same way, which costs it some nanoseconds and makes the module smaller (docs/measurements.md).
//
// A parameter named `workspace` is another block for each thread; so is `shape`, a Conv2dShape with a workspace behind it.

/** Kernels in the order of their numbers: those that take their arguments alike follow each other. */
export function numbered(kernels) {
  const groups = [...new Set(kernels.map(loaded))];
  return groups.flatMap((values) => kernels.filter((kernel) => loaded(kernel) === values));
}

/** The number of a kernel is its place among those that are shared out. */
export function sharedOut({ name, type, parameters, work, align }, number) {
  const declared = parameters.map((p) => `${p.name}: ${p.type}`);
  const passed = parameters.map((p) => p.name);
  const stores = parameters.slice(0, -2).map((p, i) => `store<${p.type}>(ARGUMENTS, ${p.name}, ${8 * i});`);
  const direct = `if (!isLarge(work)) { ${loopName(number)}(${passed.join(', ')}); return; }`;
  return `
    export function ${name}(${declared.join(', ')}): void {
      const work = <f64>(end - begin) * (${type === 'f64' ? `2.0 * (${work})` : work});
      ${type === 'f64' ? '' : direct}
      ${stores.join(' ')}
      fork(${number}, begin, end, ${align}, work);
    }`;
}

/** What the loop of a kernel that is shared out is exported as, until assembly/build.mjs has put all of them into the table. */
export const loopName = (number) => `loop_${number}`;

/** A thread's own arguments, in terms of those that were written down. */
function loaded({ parameters }) {
  const values = parameters.slice(0, -2).map((p, i) => {
    const value = `load<${p.type}>(ARGUMENTS, ${8 * i})`;
    if (p.name === 'workspace') return `workspaceOf(thread, ${value}), `;
    return p.name === 'shape' ? `shapeOf(thread, ${value}, offsetof<Conv2dShape>()), ` : `${value}, `;
  });
  return values.join('');
}

/**
 * What runs a job's shares: on the caller (fork), and on the helpers (serve, which returns when the core halts). Kernels that take their
 * arguments alike are called in one place, by their number, which counts entries of the table from `first` on. Comparing takes 0.7 KB less, compressed, than a `switch`.
 */
export function runShares(kernels, first) {
  const calls = kernels.flatMap((kernel, number) => {
    const values = loaded(kernel);
    const isLast = number + 1 === kernels.length || loaded(kernels[number + 1]) !== values;
    return isLast ? [`if (kernel <= ${number}) call_indirect<void>(${first} + kernel, ${values}begin, end);`] : [];
  });
  return `
    import {
      ARGUMENTS, awaitJob, blocksOf, cut, epoch, finishShare, halted, isLarge, join, kernelOfJob, partsOf, publish, setBusy, shapeOf, takeShare, workspaceOf,
    } from './lib/parallel';
    import { Conv2dShape } from './gemm/shape';
    export { configure, controlBytes, halt, placeWorkspaces } from './lib/parallel';
    function run(kernel: i32, begin: i32, end: i32, thread: i32): void {
      ${calls.join(' else ')}
    }
    function runShares(thread: i32): void {
      for (let s = takeShare(thread); s >= 0; s = takeShare(thread)) {
        run(kernelOfJob(), cut(s), cut(s + 1), thread);
        finishShare();
      }
    }
    function fork(kernel: i32, begin: i32, end: i32, align: i32, work: f64): void {
      const parts = isLarge(work) ? partsOf(blocksOf(end - begin, align), work) : 1;
      if (parts == 1) {
        run(kernel, begin, end, 0);
        return;
      }
      publish(kernel, begin, end, align, parts, work);
      runShares(0);
      join();
    }
    export function serve(thread: i32): void {
      for (let seen = epoch(); !halted(); seen = awaitJob(seen)) {
        setBusy(thread, 1);
        runShares(thread);
        setBusy(thread, 0);
      }
    }`;
}
