// Sets vector constants before the loops that use them. AssemblyScript writes a constant where it is used, and V8's newer compiler
// (Turboshaft) leaves it there: five instructions for each constant in every iteration, half the time of an exp.

/** A function with each vector constant that a loop uses held in a local, set where the function begins. */
export function hoistConstants(text) {
  const lines = text.split('\n');
  const inLoop = linesInLoops(lines);
  if (!inLoop) return text;
  const locals = new Map();
  const body = lines.map((line, i) =>
    inLoop[i]
      ? line.replace(vectorConstant, (constant) => {
          if (isCheap(constant)) return constant;
          if (!locals.has(constant)) locals.set(constant, `$constant${locals.size}`);
          return `(local.get ${locals.get(constant)})`;
        })
      : line,
  );
  const declared = [...locals.values()].map((name) => `  (local ${name} v128)`);
  const set = [...locals].map(([constant, name]) => `  (local.set ${name} ${constant})`);
  const start = body.findIndex((line, i) => i > 0 && !line.startsWith('  (local $'));
  return [...body.slice(0, start), ...declared, ...set, ...body.slice(start)].join('\n');
}

const vectorConstant = /\(v128\.const [^)]*\)/g;

/** All zeros and all ones take one instruction that reads nothing. */
const isCheap = (constant) =>
  /^\(v128\.const i32x4(?: 0x0{8}){4}\)$|^\(v128\.const i32x4(?: 0xf{8}){4}\)$/.test(constant);

/**
 * Which lines stand in a loop; undefined if no loop runs over whole vectors (lib/simd.ts): a function without one is there for
 * checking gradients in f64, and in it size counts.
 */
function linesInLoops(lines) {
  const inLoop = new Array(lines.length).fill(false);
  let wholeVectors = false;
  lines.forEach((line, start) => {
    if (!/^\s*\(loop/.test(line)) return;
    const depth = indent(line);
    let end = start + 1;
    while (indent(lines[end]) > depth) end++;
    inLoop.fill(true, start, end);
    const body = lines.slice(start + 1, end).join('\n');
    wholeVectors ||= /v128\.const/.test(body) && !/\(loop|(load|store)(32|64)_(zero|lane)/.test(body);
  });
  return wholeVectors ? inLoop : undefined;
}

const indent = (line) => line.search(/\S/);
