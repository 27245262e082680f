// A module by the text of its functions: Binaryen's format, which has one instruction a line, indented by its depth.
import binaryen from 'assemblyscript/binaryen';

/** The module with what `rewrite` makes of its functions' texts. */
export function rewriteFunctions(bytes, rewrite) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  const parts = module
    .emitText()
    .trimEnd()
    .replace(/\n\)$/, '')
    .split(/\n(?= \()/);
  const isFunction = (part) => part.startsWith(' (func ');
  const others = parts.filter((part) => !isFunction(part));
  const rewritten = binaryen.parseText([...others, ...rewrite(parts.filter(isFunction)), ')'].join('\n'));
  rewritten.setFeatures(binaryen.Features.All);
  if (!rewritten.validate()) throw new Error('rewriting functions made an invalid module');
  return rewritten;
}
