import type { TypedArray } from '../dtype.ts';
import type { Shape } from '../shape.ts';

/** One value of a graph. */
export interface TracedNode {
  /** The value as an expression: `mul(add(x, y), z)`. */
  name: string;
  /** The gate or layer it comes from; 'input', 'constant' or 'parameter' otherwise. */
  operation: string;
  shape: Shape;
  value: TypedArray;
  /** dL/d(value); undefined before backward, and where nothing asks for it. */
  gradient: TypedArray | undefined;
}
