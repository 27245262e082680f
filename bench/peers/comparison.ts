import type { Figure } from '../measure.ts';
import type { Group } from './problem.ts';

/** What one peer did with one case. */
export type Cell = Measured | { refused: string };

export interface Measured {
  /** Milliseconds of a call: over rounds, each the mean of its calls. */
  time: Figure;
  /** Peer's time over ours, of one round each where both have one; 1 for ours. */
  ratio: Figure;
  /** Calls that were timed, over all rounds. */
  calls: number;
}

export interface Row {
  kernel: string;
  shape: string;
  flops?: number;
  /** By the peers' names. */
  cells: Record<string, Cell>;
}

export type Table = Pick<Group, 'name' | 'title' | 'about'> & { rows: Row[] };

export interface Environment {
  cpu: string;
  cpus: number;
  node: string;
  v8: string;
  system: string;
  date: string;
}

export interface Column {
  name: string;
  version: string;
  manner: string;
  /** Why it is not there at all. */
  missing?: string;
}

/** All that a run found: what the page and the charts are made of. */
export interface Comparison {
  environment: Environment;
  effort: Effort;
  /** Ours first. */
  columns: Column[];
  tables: Table[];
}

export interface Effort {
  rounds: number;
  /** Milliseconds to time each peer at each case, over all rounds. */
  time: number;
  /** Milliseconds that a call may be expected to take, before it is not made at all. */
  patience: number;
  /** Threads that each may use. */
  threads: number;
}
