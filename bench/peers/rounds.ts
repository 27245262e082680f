import { setTimeout } from 'node:timers/promises';
import { disagreement } from '../agree.ts';
import { figure } from '../measure.ts';
import type { Cell, Effort } from './comparison.ts';
import { type Call, type Peer, Refusal } from './peer.ts';
import type { Case } from './problem.ts';

/** A peer on its way through a case. */
interface Contestant {
  peer: Peer;
  call: Call;
  /** Milliseconds of a call, as far as is known. */
  estimate: number;
  /** Milliseconds of a call, by the round. */
  times: Map<number, number>;
  calls: number;
}

/** Milliseconds until the threads of whoever had the turn before sleep: they look for work for a while, on a core. */
const untilAsleep = 20;

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Times all peers at one case, in turns: a round gives each of them its share of the time, so that a machine that
 * slows down for a while slows all. Only those that give the first one's results are timed.
 * @throws what the first one throws
 */
export async function measureCase(
  { problem, flops, tolerance, checkedCalls = 1 }: Case,
  peers: readonly Peer[],
  effort: Effort,
): Promise<Record<string, Cell>> {
  const cells: Record<string, Cell> = {};
  const contestants: Contestant[] = [];
  let ours: ArrayLike<number>[] | undefined;
  for (const peer of peers) {
    let call: Call | undefined;
    try {
      call = await peer.prepare(problem, flops);
      const start = performance.now();
      const results: ArrayLike<number>[] = [];
      for (let i = 0; i < checkedCalls; i++) results.push(...(await call.results()));
      const estimate = (performance.now() - start) / checkedCalls;
      ours ??= results;
      if (results.length > 0) assertAgreement(results, ours, tolerance, peers[0].name);
      contestants.push({ peer, call, estimate, times: new Map(), calls: 0 });
    } catch (error) {
      call?.dispose();
      if (peer === peers[0]) throw error;
      cells[peer.name] = { refused: reason(error) };
    }
  }
  for (const contestant of contestants) await warmUp(contestant, effort);
  for (let round = 0; round < effort.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      await setTimeout(effort.threads > 1 ? untilAsleep : 0);
      await takeTurn(contestants[(turn + round) % contestants.length], round, effort);
    }
  }
  const [first] = contestants;
  const usual = figure([...first.times.values()]).median;
  for (const { peer, call, times, calls } of contestants) {
    const ratios = [...times].map(([round, ms]) => ms / (first.times.get(round) ?? usual));
    cells[peer.name] = { time: figure([...times.values()]), ratio: figure(ratios), calls };
    call.dispose();
  }
  return Object.fromEntries(peers.map(({ name }) => [name, cells[name]]));
}

function assertAgreement(
  results: ArrayLike<number>[],
  ours: ArrayLike<number>[],
  tolerance: number,
  name: string,
): void {
  if (results.length !== ours.length) throw new Refusal(`${results.length} results, not ${ours.length}`);
  const pairs = results.map((result, i) => [result, ours[i]] as [Float32Array, Float32Array]);
  const differs = disagreement({ results: () => pairs, tolerance });
  if (differs) throw new Refusal(`differs: ${differs.replace('baseline', name)}`);
}

/** Until the code is as fast as it gets, and the estimate that of warm calls; a call of seconds keeps its first time. */
async function warmUp(contestant: Contestant, { time, patience }: Effort): Promise<void> {
  if (contestant.estimate > patience / 4) {
    contestant.times.set(0, contestant.estimate);
    contestant.calls = 1;
    return;
  }
  const share = time / 4;
  for (let spent = 0, calls = 1; spent < share; calls *= 2) {
    const ms = await contestant.call.time(calls);
    contestant.estimate = calls > 1 ? Math.min(contestant.estimate, ms / calls) : ms;
    spent += ms;
    calls = Math.max(1, Math.min(calls, Math.ceil((share - spent) / Math.max(contestant.estimate, 1e-4) / 2)));
  }
}

/** A round's calls; a call that takes more than a round's time skips rounds, to end near its share of the whole. */
async function takeTurn(contestant: Contestant, round: number, { rounds, time }: Effort): Promise<void> {
  const perRound = time / rounds;
  const { estimate, times } = contestant;
  if (times.size > 0 && times.size * estimate > (round + 1) * perRound) return;
  const calls = Math.max(1, Math.round(perRound / estimate));
  const ms = (await contestant.call.time(calls)) / calls;
  times.set(round, ms);
  contestant.calls += calls;
  // Other programs only ever add to a time: the least is nearest to the call's own.
  contestant.estimate = Math.min(estimate, ms);
}
