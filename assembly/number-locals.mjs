// Numbers the local variables of functions that resemble each other alike, so that gzip finds the same bytes: the compiler numbers them
// as they come. What V8 compiles is the same.

/** A function with its variables in order of their types, and of one type in order of their last uses, the latest first. */
export function numberLocals(text) {
  const lines = text.split('\n');
  const locals = lines.filter(isLocal).map((line) => line.match(/\w+/g));
  const lastUses = new Map([...text.matchAll(/local\.\w+ \$(\w+)/g)].map(({ 1: name, index }) => [name, index]));
  const lastUse = ([, name]) => lastUses.get(name) ?? 0;
  locals.sort((a, b) => types.indexOf(a[2]) - types.indexOf(b[2]) || lastUse(b) - lastUse(a));
  const declared = locals.map(([, name, type]) => `  (local $${name} ${type})`);
  return [lines[0], ...declared, ...lines.slice(1).filter((line) => !isLocal(line))].join('\n');
}

const isLocal = (line) => line.startsWith('  (local $');

const types = ['i32', 'i64', 'f32', 'f64', 'v128'];
