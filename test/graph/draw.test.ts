import { describe, expect, it } from 'vitest';
import { add, Graph, Linear, mul, Parameter, ReLU, Residual, Sequential, split, Tensor } from '../../src/index.ts';
import { newCore } from '../support/builds.ts';
import { type Options, tensorsFor, zoo } from './zoo.ts';

const core = await newCore({ simd: 'plain' });
const o: Options = { core, dtype: 'f32' };
const childProcess = globalThis.process?.getBuiltinModule?.('node:child_process');
const graphviz = (args: string[], input?: string) => childProcess?.spawnSync('dot', args, { input, encoding: 'utf8' });
const hasGraphviz = graphviz(['-V'])?.status === 0;

/** Graphviz's own reading of a picture; where it is not installed, that every line is a node or an arrow. */
function expectDot(text: string): void {
  if (hasGraphviz) expect(graphviz(['-Tplain'], text)).toMatchObject({ status: 0, stderr: '' });
  const quoted = '"(?:[^"\\\\]|\\\\.)*"';
  const line = new RegExp(`^  (?:\\w+ \\[label=${quoted}, shape=\\w+\\]|\\w+ -> \\w+ \\[label=${quoted}\\]);$`);
  const [open, direction, ...lines] = text.split('\n');
  expect([open, direction, ...lines.splice(-2)]).toEqual(['digraph {', '  rankdir=LR;', '}', '']);
  for (const each of lines) expect(each).toMatch(line);
}

function expectMermaid(text: string): void {
  const line = /^ {2}(?:\w+(?:\(\["[^"]*"\]\)|\["[^"]*"\]|\(\("[^"]*"\)\))|\w+ -- "[^"]*" --> \w+)$/;
  const [open, ...lines] = text.split('\n');
  expect([open, ...lines.splice(-1)]).toEqual(['flowchart LR', '']);
  for (const each of lines) expect(each).toMatch(line);
}

describe('a picture', () => {
  const f = new Graph((x, y, z) => mul(add(x, y), z), o);

  it('has a box for every step and leaf, and an arrow with the shape for every value', () => {
    expect(f.toDot([2, 3], [3], [])).toBe(`digraph {
  rankdir=LR;
  x0 [label="x", shape=ellipse];
  x1 [label="y", shape=ellipse];
  n2 [label="add", shape=box];
  x3 [label="z", shape=ellipse];
  n4 [label="mul", shape=box];
  result0 [label="result", shape=plaintext];
  x0 -> n2 [label="[2, 3]"];
  x1 -> n2 [label="[3]"];
  n2 -> n4 [label="[2, 3]"];
  x3 -> n4 [label="[]"];
  n4 -> result0 [label="[2, 3]"];
}
`);
    expect(f.toMermaid([2, 3], [3], [])).toBe(`flowchart LR
  x0(["x"])
  x1(["y"])
  n2["add"]
  x3(["z"])
  n4["mul"]
  result0(("result"))
  x0 -- "[2, 3]" --> n2
  x1 -- "[3]" --> n2
  n2 -- "[2, 3]" --> n4
  x3 -- "[]" --> n4
  n4 -- "[2, 3]" --> result0
`);
  });

  it('is that of the last pass where no shapes are given, and takes no memory', () => {
    f.forward(Tensor.ones([2], o), Tensor.ones([2], o), Tensor.ones([2], o));
    expect(f.toDot()).toBe(f.toDot([2], [2], [2]));
    expect(f.toMermaid()).toBe(f.toMermaid([2], [2], [2]));
    const { liveBytes, liveTensors } = core.memory.stats();
    f.toDot([200], [200], [200]);
    expect(core.memory.stats()).toMatchObject({ liveBytes, liveTensors });
    expect(f.toDot()).toContain('[label="[2]"]');
  });

  it('escapes names that its language would read, and names results, parameters and what stands inside', () => {
    const [odd, p] = [new Linear(4, 4, o), Parameter.from([1], [], o)];
    const blocks = new Sequential(new Residual(new Linear(4, 4, o)), new ReLU(o));
    const net = new Graph(
      (x) => {
        const [a, , c] = split(odd.apply(blocks.apply(x)), [1, 2, 1], 1);
        return [mul(a, c), x, add(mul(a, p), 0.1)];
      },
      { names: { 'a "b\\c" #1; <i> & {d}': odd, scale: p, blocks } },
    );
    const [dot, mermaid] = [net.toDot([3, 4]), net.toMermaid([3, 4])];
    expectDot(dot);
    expectMermaid(mermaid);
    expect(dot).toContain('label="a \\"b\\\\c\\" #1; <i> & {d}: Linear"');
    expect(mermaid).toContain('["a #34;b\\c#34; #35;1; #60;i#62; #38; {d}: Linear"]');
    for (const label of [
      'blocks.0.body: Linear',
      'blocks.1: ReLU',
      'scale',
      '0.1',
      'result 0',
      'result 1',
      'result 2',
    ]) {
      expect(dot).toContain(`label="${label}"`);
      expect(mermaid).toContain(`"${label}"`);
    }
  });

  it.each(Object.entries(zoo))('can be read: %s', (_, make) => {
    const specimen = make(o);
    const graph = new Graph(specimen.build, o) as Graph;
    (graph.forward as (...inputs: Tensor[]) => unknown)(...tensorsFor(specimen, o));
    expectDot(graph.toDot());
    expectMermaid(graph.toMermaid());
  });
});
