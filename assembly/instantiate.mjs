// A compiler transform: WebAssembly cannot export a generic function, so each one that assembly/index.ts
// re-exports is instantiated for f32 and for f64. This spares every kernel two hand-written wrappers.
//
// An exported class is a formula on vectors, which its file's exported loops take as their second type parameter: a class
// Relu beside `forward<T, F>` and `backward<T, F>` becomes reluForward_f32, reluForward_f64 and reluBackward_…
import { CommonFlags, NodeKind } from 'assemblyscript';
import { Transform } from 'assemblyscript/transform';

export default class Instantiate extends Transform {
  afterParse(parser) {
    const index = parser.sources.find((source) => source.internalPath === 'assembly/index');
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
            instances.push(...instantiate(loop, statement.internalPath, name));
          }
        } else if (typeParameters(declaration) === 1) {
          instances.push(...instantiate(declaration, statement.internalPath));
        } else {
          plain.push(member);
        }
      }
      statement.members = plain;
    }
    parser.parseFile(instances.join('\n'), 'assembly/instances.ts', true);
  }
}

const isDeclaration = (node) => node.kind === NodeKind.FunctionDeclaration || node.kind === NodeKind.ClassDeclaration;
const isExported = (node) => isDeclaration(node) && node.is(CommonFlags.Export);
const typeParameters = (node) => (node.kind === NodeKind.FunctionDeclaration ? (node.typeParameters?.length ?? 0) : 0);

/**
 * Source text of `export function name_f32(…) { return name<f32>(…); }` and the same for f64; with a formula,
 * `export function formulaName_f32(…) { return name<f32, Formula>(…); }`.
 */
function instantiate(kernel, internalPath, formula) {
  const name = kernel.name.text;
  const exported = formula ? formula[0].toLowerCase() + formula.slice(1) + name[0].toUpperCase() + name.slice(1) : name;
  // Files may well use the same names for their loops, so each instance imports under a name of its own.
  const local = `${exported}_generic`;
  const imports = formula ? `${name} as ${local}, ${formula} as ${exported}_formula` : `${name} as ${local}`;
  const generic = new RegExp(`\\b${kernel.typeParameters[0].name.text}\\b`, 'g');
  const { parameters, returnType } = kernel.signature;
  const passed = parameters.map((parameter) => parameter.name.text).join(', ');
  const wrappers = ['f32', 'f64'].map((type) => {
    const declared = parameters.map((p) => `${p.name.text}: ${p.type.range.toString().replace(generic, type)}`);
    const result = returnType.range.toString().replace(generic, type);
    const types = formula ? `${type}, ${exported}_formula` : type;
    return `export function ${exported}_${type}(${declared.join(', ')}): ${result} { return ${local}<${types}>(${passed}); }`;
  });
  return [`import { ${imports} } from '../${internalPath}';`, ...wrappers];
}
