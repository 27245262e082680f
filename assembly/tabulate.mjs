// Puts functions into the module's table that need no name. First the kernels for f64, in the order of those for f32, which alone keep a
// name: half of the exports would take 0.7 KB more, compressed. Then, with threads, the loops that share-out.mjs has exported, by which
// run() calls them. AssemblyScript fills the table with functions that the source takes as values, but writes an object into memory for each.
import binaryen from 'assemblyscript/binaryen';
import { loopName } from './share-out.mjs';

/** The module with its kernels for f64 and its loops in the table, and exported no more. A kernel of f32 only has its own entry. */
export function tabulate(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  const functions = new Map();
  for (let i = 0; i < module.getNumExports(); i++) {
    const { name, value } = binaryen.getExportInfo(module.getExportByIndex(i));
    functions.set(name, value);
  }
  const take = (name) => {
    module.removeExport(name);
    return functions.get(name);
  };
  const entries = [];
  for (const name of functions.keys()) {
    const double = name.replace(/_f32$/, '_f64');
    if (double !== name) entries.push(functions.has(double) ? take(double) : functions.get(name));
  }
  for (let i = 0; functions.has(loopName(i)); i++) entries.push(calledBy(module, take(loopName(i))));
  // In place of the compiler's own, which run() names.
  const table = '0';
  if (module.getTable(table)) module.removeTable(table);
  module.addTable(table, entries.length, entries.length);
  module.addActiveElementSegment(table, 'entries', entries, module.i32.const(0));
  module.addTableExport(table, 'table');
  module.runPasses(['remove-unused-module-elements']);
  if (!module.validate()) throw new Error('the table of kernels made an invalid module');
  return module.emitBinary();
}

/**
 * What a function only hands its arguments on to, where the compiler has not put that in its place; or else itself. The compiler also takes
 * unused parameters away from what is called: then the two differ in type, and run() would call what is not there.
 */
function calledBy(module, name) {
  const caller = binaryen.getFunctionInfo(module.getFunction(name));
  const body = binaryen.getExpressionInfo(caller.body);
  if (body.id !== binaryen.CallId) return name;
  const called = binaryen.getFunctionInfo(module.getFunction(body.target));
  const operands = body.operands.map(binaryen.getExpressionInfo);
  const alike = operands.every(({ id, index }, i) => id === binaryen.LocalGetId && index === i);
  return alike && called.params === caller.params ? body.target : name;
}
