import type { Problem } from './problem.ts';

/** A library, called as its users would. */
export interface Peer {
  name: string;
  version: string;
  /** For the page: how it is called. */
  manner: string;
  /** @throws Refusal, or the library's own error, where it cannot run the problem */
  prepare(problem: Problem, flops?: number): Promise<Call>;
  /** Lets the process end. */
  close?(): void;
}

/** A problem, ready to be run again and again. */
export interface Call {
  /** What one more call gives, in the problem's layouts; none where nothing is computed. */
  results(): Promise<ArrayLike<number>[]>;
  /** Milliseconds that so many calls took, one after another. */
  time(calls: number): Promise<number>;
  dispose(): void;
}

/** Why a peer has no figure for a problem, in a few words. */
export class Refusal extends Error {}

/** A file of adapters/ exports one as `load`; it may throw a Refusal that stands for every problem. */
export type LoadPeer = () => Promise<Peer>;
