// Puts the loops that share-out.mjs has exported into the module's table, by which run() calls them. AssemblyScript fills the table with
// functions that the source takes as values, but writes an object into memory for each.
import binaryen from 'assemblyscript/binaryen';
import { loopName } from './share-out.mjs';

/** The module with its loops in the table, from entry 1 on, and exported no more. */
export function tabulateLoops(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  const loops = [];
  for (let at; (at = module.getExport(loopName(loops.length))); ) {
    const { name, value } = binaryen.getExportInfo(at);
    module.removeExport(name);
    loops.push(calledBy(module, value));
  }
  if (loops.length === 0) return bytes;
  const entries = loops.length + 1;
  const table = binaryen.getTableInfo(module.getTableByIndex(0)).name;
  module.removeTable(table);
  module.addTable(table, entries, entries);
  module.addActiveElementSegment(table, 'loops', loops, module.i32.const(1));
  module.runPasses(['remove-unused-module-elements']);
  if (!module.validate()) throw new Error('the table of loops made an invalid module');
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
