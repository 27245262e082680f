/**
 * The names of a function's arguments, for messages and pictures; undefined where they are not plain names (rest,
 * defaults, patterns, a bound function), since their number is then not known either.
 */
export function argumentNames(build: (...nodes: never[]) => unknown): string[] | undefined {
  const source = Function.prototype.toString.call(build);
  const list =
    /^(?:async\s+)?(?:function\b)?[^(=]*\(([^()]*)\)/.exec(source)?.[1] ?? /^\s*([\w$]+)\s*=>/.exec(source)?.[1];
  if (list === undefined) return undefined;
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const plain = names.every((name) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
  return plain && names.length > 0 && names.length === build.length ? names : undefined;
}
