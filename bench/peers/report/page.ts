import { digits } from '../../table.ts';
import type { Column, Comparison, Row, Table } from '../comparison.ts';
import { cellText, isMeasured } from './cell.ts';

const intro = `Written by \`npm run bench:peers -- --out docs\`; to measure again, run it again.

Every library runs in a process of its own, on the threads named below where it has threads at all, and all take turns at a case: a round gives each of them an equal
share of the time, so that a machine that slows down for a while slows all of them. A library is timed at a case only when its
results have been found equal to simdgrad's on the same operands, to a tolerance that goes with the length of the sums; a
training step when the losses of its first four steps are. Everything is float32 unless its column says otherwise, and warm.

A cell is **the peer's time over ours**, then its time: the median over rounds, each the mean of its calls, ± half of the distance
between the quartiles. Above 1, simdgrad is faster. Where fewer than five calls were timed, the cell says how many; a
call of seconds was the first one, and a library that took longer than the patience of the run was given up. A cell
without figures tells why; in the charts, a library has no mark in that line.`;

/** The whole document. */
export function page(comparison: Comparison, chartOf: (table: Table) => string): string {
  const { environment, effort, columns, tables } = comparison;
  const { cpu, cpus, node, v8, system, date } = environment;
  const head = [
    '# simdgrad and its peers',
    intro,
    [
      '| | |',
      '|---|---|',
      `| machine | ${cpu}, ${cpus} cores, ${system} |`,
      `| runtime | Node ${node}, V8 ${v8} |`,
      `| date | ${date.slice(0, 10)} |`,
      `| threads | ${effort.threads} |`,
      `| effort | ${effort.rounds} rounds, ${effort.time} ms for each library and case; patience ${effort.patience / 1000} s a call |`,
    ].join('\n'),
    '## How each is called',
    ['| | version | |', '|---|---|---|', ...columns.map(callRow)].join('\n'),
  ];
  return `${[...head, ...tables.flatMap((table) => section(table, columns, chartOf(table)))].join('\n\n')}\n`;
}

const callRow = ({ name, version, manner, missing }: Column) =>
  missing ? `| ${name} | – | not measured: ${missing} |` : `| ${name} | ${version} | ${manner} |`;

function section(table: Table, columns: readonly Column[], chart: string): string[] {
  const shown = columns.filter(
    ({ name, missing }) => missing || table.rows.some(({ cells }) => isMeasured(cells[name])),
  );
  const counted = table.rows.some(({ flops }) => flops);
  const head = ['', ...shown.map(({ name }) => name), ...(counted ? ['our GFLOP/s'] : [])];
  const rows = table.rows.map((row) => tableRow(row, shown, columns[0].name, counted));
  const absent = columns.filter((column) => !shown.includes(column)).map(({ name }) => name);
  return [
    `## ${table.title}`,
    table.about,
    `![${table.title}: time over simdgrad's](${chart})`,
    [cells(head), cells(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows].join('\n'),
    ...(absent.length > 0 ? [`With no case here: ${absent.map((name) => reasonOf(name, table)).join('; ')}.`] : []),
  ];
}

function tableRow(row: Row, columns: readonly Column[], ours: string, counted: boolean): string {
  const figures = columns.map((column) => (column.missing ? '–' : cellText(row.cells[column.name], column, ours)));
  const own = row.cells[ours];
  const rate = row.flops && isMeasured(own) ? digits(row.flops / own.time.median / 1e6) : '';
  return cells([`${row.kernel} ${row.shape}`, ...figures, ...(counted ? [rate] : [])]);
}

/** A library without a single figure in a table, and why. */
function reasonOf(name: string, { rows }: Table): string {
  const reasons = new Set(
    rows.map(({ cells }) => cells[name]).flatMap((cell) => (cell && !isMeasured(cell) ? [cell.refused] : [])),
  );
  return `${name} (${[...reasons].join(', ')})`;
}

const cells = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;
