// A compiler transform: WebAssembly cannot export a generic function, so each one that assembly/index.ts
// re-exports is instantiated for f32 and for f64. This spares every kernel two hand-written wrappers.
//
// An exported class is a formula on vectors, which its file's exported loops take as their second type parameter: a class
// Relu beside `forward<T, F>` and `backward<T, F>` becomes reluForward_f32, reluForward_f64 and reluBackward_…
//
// A kernel of `<T extends f32>` has no instance for f64, which is there for checking gradients, if another kernel can do its work.
// In the builds with threads, one that is marked `@parallel(work)` is shared out (assembly/share-out.mjs), unless it is a formula in f64.
// In the plain builds, loops of functions that are marked `@unrolled` run twice a turn (assembly/unroll.mjs).
import { CommonFlags, Feature, Node, NodeKind } from 'assemblyscript';
import { Transform } from 'assemblyscript/transform';
import { loopName, numbered, runShares, sharedOut } from './share-out.mjs';
import { unrollLoops } from './unroll.mjs';

export default class Instantiate extends Transform {
  afterParse(parser) {
    const { features } = this.program.options;
    const threads = (features & Feature.Threads) !== 0;
    const index = parser.sources.find((source) => source.internalPath === 'assembly/index');
    if (!(features & Feature.RelaxedSimd)) parser.sources.forEach(unrollLoops);
    const instances = [];
    for (const statement of index.statements) {
      if (statement.kind !== NodeKind.Export || !statement.members) continue;
      const file = parser.sources.find((source) => source.internalPath === statement.internalPath);
      const plain = [];
      for (const member of statement.members) {
        const name = member.exportedName.text;
        const declaration = file.statements.find((node) => isDeclaration(node) && node.name.text === name);
        if (!declaration) throw new Error(`assembly/index.ts: ${statement.path.value} has no ${name}`);
        if (declaration.kind === NodeKind.ClassDeclaration) {
          for (const loop of file.statements.filter((node) => isExported(node) && typeParameters(node) === 2)) {
            if (threads) inline(loop);
            instances.push(...instancesOf(loop, file, name));
          }
        } else if (typeParameters(declaration) === 1) {
          instances.push(...instancesOf(declaration, file));
        } else {
          plain.push(member);
        }
      }
      statement.members = plain;
    }
    const shared = threads ? numbered(instances.filter((instance) => instance.work)) : [];
    // Kernels for f64 come first in the table (assembly/tabulate.mjs), an entry for each that has a name.
    const first = instances.filter(({ type }) => type === 'f32').length;
    const text = [
      ...new Set(instances.flatMap((instance) => instance.imports)),
      ...instances.map((instance) =>
        shared.includes(instance) ? sharedOut(instance, shared.indexOf(instance)) : whole(instance),
      ),
      ...shared.map((instance, number) => whole({ ...instance, name: loopName(number) })),
      ...(threads ? [runShares(shared, first)] : []),
    ];
    parser.parseFile(text.join('\n'), 'assembly/instances.ts', true);
  }
}

const isDeclaration = (node) => node.kind === NodeKind.FunctionDeclaration || node.kind === NodeKind.ClassDeclaration;
const isExported = (node) => isDeclaration(node) && node.is(CommonFlags.Export);
const typeParameters = (node) => (node.kind === NodeKind.FunctionDeclaration ? (node.typeParameters?.length ?? 0) : 0);

/**
 * What a kernel's instance for f32 and that for f64 are made of: its exported name, its parameters, the generic it calls, what that
 * needs imported, and the work of one unit of its range.
 */
function instancesOf(kernel, file, formula) {
  const name = kernel.name.text;
  const exported = formula ? formula[0].toLowerCase() + formula.slice(1) + name[0].toUpperCase() + name.slice(1) : name;
  // Files may well use the same names for their loops, so each instance imports under a name of its own.
  const local = `${exported}_generic`;
  const imports = formula ? `${name} as ${local}, ${formula} as ${exported}_formula` : `${name} as ${local}`;
  const generic = new RegExp(`\\b${kernel.typeParameters[0].name.text}\\b`, 'g');
  const { parameters, returnType } = kernel.signature;
  const [work, align] = kernel.decorators?.find(({ name }) => name.text === 'parallel')?.args.map(textOf) ?? [];
  const isParameter = (id) => parameters.some((p) => p.name.text === id);
  const called = [...`${work} ${align}`.matchAll(/[A-Za-z]\w*(?=(<\w+>)?\()/g)]
    .map(([id]) => id)
    .filter((id) => !isParameter(id));
  const only = kernel.typeParameters[0].extendsType;
  return (only ? [textOf(only)] : ['f32', 'f64']).map((type) => ({
    name: `${exported}_${type}`,
    type,
    parameters: parameters.map((p) => ({ name: p.name.text, type: textOf(p.type).replace(generic, type) })),
    result: textOf(returnType).replace(generic, type),
    generic: formula ? `${local}<${type}, ${exported}_formula>` : `${local}<${type}>`,
    imports: [`import { ${imports} } from '../${file.internalPath}';`, ...called.flatMap((id) => importOf(id, file))],
    work: formula && type === 'f64' ? undefined : work?.replace(generic, type).replace('<F>', `<${exported}_formula>`),
    align: align?.replace(generic, type) ?? '1',
  }));
}

/** The import of a function that a file declares or imports; none for the language's own. */
function importOf(name, file) {
  const declared = file.statements.some((node) => isDeclaration(node) && node.name.text === name);
  const imported = file.statements.find((node) =>
    node.declarations?.some((d) => d.name.text === name && d.foreignName),
  );
  if (!declared && !imported) return [];
  return [`import { ${name} } from '../${declared ? file.internalPath : imported.internalPath}';`];
}

/** Has a loop stand within its instance, which thus keeps parameters that a formula does not use. */
function inline(loop) {
  loop.decorators ??= [];
  if (loop.decorators.some(({ name }) => name.text === 'inline')) return;
  loop.decorators.push(Node.createDecorator(Node.createIdentifierExpression('inline', loop.range), null, loop.range));
}

const textOf = (node) => node.range.toString();

/** `export function name_f32(…) { return generic<f32>(…); }` */
function whole({ name, parameters, result, generic }) {
  const declared = parameters.map((p) => `${p.name}: ${p.type}`);
  const passed = parameters.map((p) => p.name);
  return `export function ${name}(${declared.join(', ')}): ${result} { return ${generic}(${passed.join(', ')}); }`;
}
