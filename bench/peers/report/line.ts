import { digits, time } from '../../table.ts';
import type { Row } from '../comparison.ts';
import { isMeasured } from './cell.ts';

/** A row for the terminal, as soon as it is there: ours, then how much longer the others took. */
export function line({ kernel, shape, cells }: Row): string {
  const parts = Object.entries(cells).flatMap(([name, cell], i) => {
    if (!isMeasured(cell)) return [];
    return i === 0 ? [time(cell.time.median)] : [`${name} ${digits(cell.ratio.median)}×`];
  });
  return `  ${kernel} ${shape}: ${parts.join(', ')}`;
}
