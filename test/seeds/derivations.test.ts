import { describe, expect, it } from 'vitest';
import { readText } from '../support/files.ts';
import * as worked from './worked/index.ts';

// docs/derivations.md says above each block of numbers which ones they are, in a comment that readers do not see:
// `<!-- numbers: layernorm.x layernorm.dx -->`. The block's numbers, in reading order, must be those values of
// test/seeds/worked, one behind the other.
const document = await readText('docs/derivations.md');
const labelled = /<!-- numbers: (.*?) -->\n\n([\s\S]*?)\n(?=\n|$)/g;

/** The numbers of a block as they are printed. Digits in formulas that are no values do not count. */
function numbersIn(block: string): string[] {
  const values = block
    .replace(/10\^\{(-?\d+)\}/g, '1e$1')
    .replace(/[_^](\{[^{}]*\}|\\?\w)/g, ' ')
    .replace(/\\t?frac\d\d|\\\\\[\w+\]/g, ' ')
    .replace(/ - (?=\d)/g, ' -');
  return values.match(/(?<![\w.])-?\d+(\.\d+)?(e-?\d+)?/g) ?? [];
}

/** All numbers of worked.name.name…, in order. */
function valuesOf(path: string): number[] {
  const value = path
    .split('.')
    .reduce<unknown>((parent, name) => (parent as Record<string, unknown> | undefined)?.[name], worked);
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return (value as unknown[]).flat(Infinity) as number[];
  throw new Error(`${path} is no number of test/seeds/worked`);
}

/** Up to three decimals say that a number is exact; more are rounded. */
function agrees(printed: string, value: number): boolean {
  const decimals = printed.includes('e') ? 0 : (printed.split('.')[1]?.length ?? 0);
  const allowed = decimals > 3 ? 0.5 * 10 ** -decimals : 0;
  return Math.abs(Number(printed) - value) <= allowed + 1e-12 * Math.abs(value) + 1e-15;
}

const blocks = [...document.matchAll(labelled)].map(([, names, block]) => ({ names, block }));

describe('docs/derivations.md', () => {
  it.each(blocks)('prints $names', ({ names, block }) => {
    const printed = numbersIn(block);
    const values = names.split(' ').flatMap(valuesOf);
    expect(printed.length, `${printed.join(' ')}\n${values.join(' ')}`).toBe(values.length);
    printed.forEach((text, i) => {
      expect(agrees(text, values[i]), `number ${i + 1}: printed ${text}, computed ${values[i]}`).toBe(true);
    });
  });

  it('labels every decimal, every matrix of numbers and every table of numbers', () => {
    expect(blocks.length).toBeGreaterThan(40);
    const rest = document.replace(labelled, '');
    expect(rest).not.toContain('<!-- numbers');
    expect(rest.match(/\d\.\d+|.*\\begin\{bmatrix\}.*|^\|.*\| *-?\d[^|]*\| *-?\d.*$/gm)).toBeNull();
  });

  // GitHub hands the text to Markdown before MathJax sees it: a backslash before punctuation is eaten, a dollar that
  // touches a letter does not close, \operatorname is refused, and a line that opens like a list is one.
  it('keeps to the formulas that GitHub renders', () => {
    const display = [...document.matchAll(/^\$\$\n([\s\S]*?)\n\$\$$/gm)].map(([, formula]) => formula);
    const prose = document.replace(/^\$\$\n[\s\S]*?\n\$\$$/gm, '').replace(/`[^`\n]*`/g, '');
    const inline = [...prose.matchAll(/(.?)\$([^$]*)\$(?=(.?))/gs)];
    expect(display.length + inline.length).toBeGreaterThan(200);
    expect(document).not.toMatch(/\\operatorname|\\newcommand|\\require|\\bm\b/);
    for (const formula of display) {
      expect(formula).not.toMatch(/^\s*([-+=>#*]|\d+\.|$)/m);
      expect(formula).not.toMatch(/\\[,;:!{}|_%]|</);
    }
    for (const [, before, formula, after] of inline) {
      expect(before + after, formula).not.toMatch(/[\w-]/);
      expect(formula).toMatch(/^\S(.*\S)?$/);
      expect(formula).not.toMatch(/\\[^a-zA-Z]|[<*|]/);
    }
  });
});
