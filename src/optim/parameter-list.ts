import { reject, show } from '../check.ts';
import { Parameter } from '../parameter.ts';

/** One parameter or several: `layer.parameters()`, `[layer.weight]`, `layer.weight`. */
export type ParameterSource = Parameter | Iterable<Parameter>;

/** The list, once; throws unless each is a live Parameter and none comes twice. */
export function listParameters(call: string, argument: string, parameters: ParameterSource): Parameter[] {
  const list = listOf(call, argument, parameters, 'Parameters') as Parameter[];
  checkDistinct(call, argument, list);
  return list;
}

/** What an iterable holds; a single Parameter is a list of itself. */
export function listOf(call: string, argument: string, values: unknown, of: string): unknown[] {
  if (values instanceof Parameter) return [values];
  if (typeof values === 'object' && values !== null && Symbol.iterator in values) {
    return [...(values as Iterable<unknown>)];
  }
  return reject(call, argument, `an iterable of ${of}`, values, TypeError);
}

/** Throws unless each is a live Parameter and none comes twice. */
export function checkDistinct(call: string, argument: string, list: readonly Parameter[]): void {
  const seen = new Set<Parameter>();
  list.forEach((parameter, i) => {
    if (!(parameter instanceof Parameter)) reject(call, `${argument}[${i}]`, 'a Parameter', parameter, TypeError);
    checkLive(call, `${argument}[${i}]`, parameter);
    if (seen.has(parameter)) throw new Error(`${call}: ${argument}[${i}] ${show(parameter.shape)} is listed twice`);
    seen.add(parameter);
  });
}

/** Throws when the parameter was disposed. */
export function checkLive(call: string, argument: string, parameter: Parameter): void {
  if (parameter.isDisposed) throw new Error(`${call}: ${argument} ${show(parameter.shape)} was disposed`);
}
