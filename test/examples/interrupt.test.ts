import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Interrupt } from '../../examples/interrupt.ts';

let now = 0;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
});
afterEach(() => {
  process.removeAllListeners('SIGINT');
  vi.restoreAllMocks();
});

function pressAt(time: number): void {
  now = time;
  process.emit('SIGINT');
}

test('the first Ctrl-C is a wish, announced once, even when it arrives twice', () => {
  const announce = vi.fn();
  const interrupt = new Interrupt(announce);
  expect(interrupt.requested).toBe(false);
  pressAt(1000);
  expect(interrupt.requested).toBe(true);
  pressAt(1050); // the terminal's, passed on by npm as well
  expect(announce).toHaveBeenCalledTimes(1);
  expect(process.exit).not.toHaveBeenCalled();
});

test('the second Ctrl-C ends the process', () => {
  new Interrupt(() => {});
  pressAt(1000);
  pressAt(1400);
  expect(process.exit).toHaveBeenCalledWith(130);
});
