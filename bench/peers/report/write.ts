import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison, Table } from '../comparison.ts';
import { chart } from './chart.ts';
import { page } from './page.ts';

const chartOf = ({ name }: Table) => `peers-${name}.svg`;

/** The page and its charts, in one folder. */
export function write(comparison: Comparison, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'peers.md'), page(comparison, chartOf));
  for (const table of comparison.tables) {
    writeFileSync(join(folder, chartOf(table)), chart(table, comparison.columns));
  }
}
