/**
 * Copies a call's rest arguments into a list that is kept from call to call. V8 makes no array for rest arguments that are
 * only read by index in the function itself or in one that it inlines, such as this; passed any further, they cost 56 bytes a
 * call and more.
 */
export function keepArguments<T>(list: T[], given: readonly T[]): T[] {
  for (let i = 0; i < given.length; i++) list[i] = given[i];
  if (list.length > given.length) list.length = given.length;
  return list;
}
