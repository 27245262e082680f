// A compiler transform: WebAssembly cannot export a generic function, so each one that assembly/index.ts
// re-exports is instantiated for f32 and for f64. This spares every kernel two hand-written wrappers.
import { NodeKind } from 'assemblyscript';
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
        const kernel = file.statements.find(
          (node) => node.kind === NodeKind.FunctionDeclaration && node.name.text === member.exportedName.text,
        );
        if (!kernel)
          throw new Error(`assembly/index.ts: ${statement.path.value} has no function ${member.exportedName.text}`);
        if (isGeneric(kernel)) instances.push(...instantiate(kernel, statement.internalPath));
        else plain.push(member);
      }
      statement.members = plain;
    }
    parser.parseFile(instances.join('\n'), 'assembly/instances.ts', true);
  }
}

const isGeneric = (kernel) => kernel.typeParameters?.length === 1;

/** Source text of `export function name_f32(…) { return name<f32>(…); }` and the same for f64. */
function instantiate(kernel, internalPath) {
  const name = kernel.name.text;
  const generic = new RegExp(`\\b${kernel.typeParameters[0].name.text}\\b`, 'g');
  const { parameters, returnType } = kernel.signature;
  const passed = parameters.map((parameter) => parameter.name.text).join(', ');
  const wrappers = ['f32', 'f64'].map((type) => {
    const declared = parameters.map((p) => `${p.name.text}: ${p.type.range.toString().replace(generic, type)}`);
    const result = returnType.range.toString().replace(generic, type);
    return `export function ${name}_${type}(${declared.join(', ')}): ${result} { return ${name}<${type}>(${passed}); }`;
  });
  return [`import { ${name} } from '../${internalPath}';`, ...wrappers];
}
