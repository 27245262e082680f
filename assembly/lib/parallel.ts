// Fork and join over shared memory. A caller and its helpers run the same module over the same memory; a job is one kernel call
// whose range is cut into shares, a bit each of the word `shares`:
//
//   caller, thread 0                                helper, thread t
//     write the job; done = 0; shares = 11…1          wait until the epoch is another: spin, then sleep
//     epoch += 1; wake those asleep
//     run share 0, if it is still there               run share t, if it is still there
//     run any that is left; done += 1 for each        run any that is left; done += 1 for each
//     wait until all are done
//
// Thread t has share t, so that it finds in its cache what it wrote in the kernel before, if both are cut alike. A helper that comes
// late finds no share and is not missed: the caller has done them all. One that looks for shares before it saw the epoch
// change may find one of the next job, which is whole by then, since `shares` is written last. Atomic instructions
// order what lies between them. Neither side loses a wake-up: a sleeper says so before the last look at what it waits for
// (which the wait instruction takes), and whoever changes that looks for sleepers afterwards.
//
// The kernels partition outputs, so results depend neither on the cuts nor on who runs which share.

// The words of the control block, which the heap leaves free. Those that both sides change lie on cache lines of their own.
const SHARES: usize = 192;
const DONE: usize = 256;
const WAITING: usize = 260;
const EPOCH: usize = 320;
const SLEEPERS: usize = 324;

/** Threads in all; 0 once the core has halted. */
const THREADS: usize = 384;
/** Why it has halted. */
const HALTED: usize = 388;
/** Looks at a word before a helper sleeps. */
const SPINS: usize = 392;
/** Whether the caller may sleep: a browser's main thread may not. */
const MAY_SLEEP: usize = 396;
/** Nanoseconds of work that are worth a share. */
const GRAIN: usize = 408;
/** Nanoseconds of work below which a job is not shared out; negative once the core has halted. */
const LEAST: usize = 416;
/** The workspaces of all threads, one behind the other, and their distance in bytes. */
const WORKSPACES: usize = 400;
const DISTANCE: usize = 404;

/** The arguments of a job before its range, 8 bytes each, sixteen at most: at an address that takes one byte in the code. */
export const ARGUMENTS: usize = 32;

// The rest of the job: the kernel's number, its range, how it is cut.
const KERNEL: usize = 448;
const BEGIN: usize = 452;
const END: usize = 456;
const ALIGN: usize = 460;
const PARTS: usize = 464;
const WORK: usize = 472;

/** A byte for each thread, of which there are 64 at most: whether it is at a job. */
const BUSY: usize = 512;

/** Bytes at the start of memory that belong to the control block. */
export function controlBytes(): i32 {
  return 576;
}

/** As many times the work is worth a share where helpers must be woken: that takes the caller microseconds, and them tens. */
const WAKING: f64 = 12;

/**
 * Milliseconds without a share done, besides a multiple of what a share should take, after which a helper must have died, where `isGone`
 * cannot tell.
 */
const PATIENCE: f64 = 800;

/** Milliseconds. */
// @ts-ignore: decorator
@external("env", "now")
declare function now(): f64;

/** Whether a helper's thread is known to have ended. */
// @ts-ignore: decorator
@external("env", "isGone")
declare function isGone(thread: i32): i32;

/** Throws an error of JavaScript's. */
// @ts-ignore: decorator
@external("env", "fail")
declare function fail(why: i32): void;

/** `why` of a helper that does not answer. */
const LOST: i32 = 3;

/** To be called before the first job; it does not bring back a core that has halted. */
export function configure(threads: i32, spins: i32, maySleep: i32, grain: f64): void {
  if (atomic.load<i32>(HALTED) != 0) return;
  atomic.store<i32>(THREADS, threads);
  store<f64>(GRAIN, grain);
  store<f64>(LEAST, threads > 1 ? 2 * grain : Infinity);
  store<i32>(SPINS, spins);
  store<i32>(MAY_SLEEP, maySleep);
}

/** Where the threads' workspaces lie: that of thread t is at address + t·distance. */
export function placeWorkspaces(address: usize, distance: usize): void {
  store<usize>(WORKSPACES, address);
  store<usize>(DISTANCE, distance);
}

/** Ends all helpers; every later job fails with `why` (positive). Any thread may call it, also while a job runs. */
export function halt(why: i32): void {
  atomic.store<i32>(HALTED, why);
  atomic.store<i32>(THREADS, 0);
  store<f64>(LEAST, -1);
  atomic.add<i32>(EPOCH, 1);
  atomic.notify(EPOCH, -1);
  atomic.notify(DONE, -1);
}

/** Whether a job of so many nanoseconds may be worth sharing. This is all that a small kernel passes through. */
// @ts-ignore: decorator
@inline
export function isLarge(work: f64): bool {
  return work >= load<f64>(LEAST);
}

/** Into how many shares to cut a job of `blocks` that take so many nanoseconds in all; 1: it is not worth it. */
export function partsOf(blocks: i32, work: f64): i32 {
  const threads = load<i32>(THREADS), grain = load<f64>(GRAIN);
  if (threads == 0) fail(load<i32>(HALTED));
  if (blocks <= 1) return 1;
  const most = work / (atomic.load<i32>(SLEEPERS) > 0 ? WAKING * grain : grain);
  return max(1, min(min(threads, blocks), <i32>min(most, 64.0)));
}

/** Blocks of `align` units, at whose bounds a range may be cut. */
export function blocksOf(units: i32, align: i32): i32 {
  return (units + align - 1) / align;
}

/** Publishes a job whose arguments are in place, of so many nanoseconds in all. */
export function publish(kernel: i32, begin: i32, end: i32, align: i32, parts: i32, work: f64): void {
  // A call that was cut off by an exception has left shares running.
  if (atomic.load<i32>(DONE) != load<i32>(PARTS)) halt(LOST);
  if (atomic.load<i32>(THREADS) == 0) fail(load<i32>(HALTED));
  store<i32>(KERNEL, kernel);
  store<i32>(BEGIN, begin);
  store<i32>(END, end);
  store<i32>(ALIGN, align);
  store<i32>(PARTS, parts);
  store<f64>(WORK, work / <f64>parts);
  atomic.store<i32>(DONE, 0);
  atomic.store<i64>(SHARES, parts == 64 ? -1 : (<i64>1 << parts) - 1);
  atomic.add<i32>(EPOCH, 1);
  if (atomic.load<i32>(SLEEPERS) > 0) atomic.notify(EPOCH, parts - 1);
}

/** The kernel of the job at hand. */
export function kernelOfJob(): i32 {
  return load<i32>(KERNEL);
}

/** Takes a share, the thread's own if it is there; −1 if none is left. */
export function takeShare(thread: i32): i32 {
  if (take(thread)) return thread;
  for (let left = atomic.load<i64>(SHARES); left != 0; left = atomic.load<i64>(SHARES)) {
    const s = <i32>ctz(left);
    if (take(s)) return s;
  }
  return -1;
}

/** Whether share s was there: it is no more. */
// @ts-ignore: decorator
@inline
function take(s: i32): bool {
  const bit = <i64>1 << s;
  return (atomic.and<i64>(SHARES, ~bit) & bit) != 0;
}

/** Where share s of the job begins; share s − 1 ends there. */
export function cut(s: i32): i32 {
  const begin = load<i32>(BEGIN), end = load<i32>(END), align = load<i32>(ALIGN);
  return min(end, begin + align * <i32>(<i64>blocksOf(end - begin, align) * s / load<i32>(PARTS)));
}

/** A share is done. */
export function finishShare(): void {
  atomic.add<i32>(DONE, 1);
  if (atomic.load<i32>(WAITING)) atomic.notify(DONE, 1);
}

/** Waits until all shares are done. */
export function join(): void {
  const parts = load<i32>(PARTS);
  for (let spin = 8 * load<i32>(SPINS); spin >= 0; spin--) {
    if (atomic.load<i32>(DONE) == parts) return;
  }
  joinAsleep(parts);
}

/** As join, without using a core where that is allowed; fails where a helper has halted or gives no sign of life. */
function joinAsleep(parts: i32): void {
  const patience = PATIENCE + 20e-6 * load<f64>(WORK), maySleep = load<i32>(MAY_SLEEP);
  atomic.store<i32>(WAITING, 1);
  let since = now(), before = -1;
  for (let done = atomic.load<i32>(DONE); done != parts; done = atomic.load<i32>(DONE)) {
    if (atomic.load<i32>(THREADS) == 0) fail(load<i32>(HALTED));
    if (done != before) since = now();
    else if (now() - since > patience || busyIsGone()) {
      halt(LOST);
      fail(LOST);
    }
    before = done;
    if (maySleep) atomic.wait<i32>(DONE, done, 10_000_000);
    else for (let spin = 10_000; spin > 0 && atomic.load<i32>(DONE) == done; spin--) {}
  }
  atomic.store<i32>(WAITING, 0);
}

/** Whether a helper ended while it was at a job. One that ended between jobs holds no share, and is not missed. */
function busyIsGone(): bool {
  for (let thread = 63; thread > 0; thread--) {
    if (load<u8>(BUSY + thread) && isGone(thread)) return true;
  }
  return false;
}

/** A helper begins with a job's shares (1) or is through with them (0). */
export function setBusy(thread: i32, busy: i32): void {
  store<u8>(BUSY + thread, <u8>busy);
}

/** Waits for a job newer than epoch `seen`; returns its epoch. */
export function awaitJob(seen: i32): i32 {
  for (let spin = load<i32>(SPINS); spin > 0; spin--) {
    if (atomic.load<i32>(EPOCH) != seen) return atomic.load<i32>(EPOCH);
  }
  atomic.add<i32>(SLEEPERS, 1);
  atomic.wait<i32>(EPOCH, seen, -1);
  atomic.sub<i32>(SLEEPERS, 1);
  return atomic.load<i32>(EPOCH);
}

export function epoch(): i32 {
  return atomic.load<i32>(EPOCH);
}

export function halted(): bool {
  return atomic.load<i32>(THREADS) == 0;
}

/** A thread's own workspace, where thread 0, the caller, has `workspace`. */
export function workspaceOf(thread: i32, workspace: usize): usize {
  return thread ? load<usize>(WORKSPACES) + <usize>thread * load<usize>(DISTANCE) : workspace;
}

/** A thread's own copy of a shape of so many bytes, with its workspace behind it. */
export function shapeOf(thread: i32, shape: usize, bytes: usize): usize {
  const own = workspaceOf(thread, shape);
  if (thread) memory.copy(own, shape, bytes);
  return own;
}
