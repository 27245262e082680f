import { digits, time } from '../../table.ts';
import type { Cell, Column, Measured } from '../comparison.ts';

export const isMeasured = (cell: Cell | undefined): cell is Measured => cell !== undefined && 'time' in cell;

/** Fewer calls than this are told, since so few have no spread to speak of. */
const few = 5;

/** A cell of the page: median ± half of the interquartile range, then the ratio to ours, which stands bold. */
export function cellText(cell: Cell | undefined, { name }: Column, ours: string): string {
  if (cell === undefined) return '';
  if (!isMeasured(cell)) return short(cell.refused);
  const { time: ms, ratio, calls } = cell;
  const spread = ms.spread === null ? '' : ` ±${Math.round(ms.spread * 100)} %`;
  const count = calls < few ? ` (${calls} ${calls === 1 ? 'call' : 'calls'})` : '';
  const times = name === ours ? '' : `**${digits(ratio.median)}×** `;
  return `${times}${time(ms.median)}${spread}${count}`;
}

const longest = 90;

/** A reason in a table: one line, without the bar that ends a cell. */
function short(reason: string): string {
  const [first] = reason.split('\n');
  const text = first.length > longest ? `${first.slice(0, longest)}…` : first;
  return text.replaceAll('|', '\\|');
}
