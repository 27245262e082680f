import { checkOptions, reject } from '../check.ts';
import { Layer } from '../layers/layer.ts';
import type { Node } from '../operation.ts';
import { add } from './gates.ts';
import { Graph } from './graph.ts';

export interface ResidualOptions {
  /** What x goes through on the way round the body (default: nothing). */
  shortcut?: Layer;
}

/**
 * y = body(x) + shortcut(x): a block that learns what to add to its input (He et al. 2015, arXiv 1512.03385).
 * Parameters are named `body.…` and `shortcut.…`.
 */
export class Residual extends Graph<(x: Node) => Node> {
  readonly body: Layer;
  readonly shortcut: Layer | undefined;

  constructor(body: Layer, options: ResidualOptions = {}) {
    checkOptions('new Residual', options, ['shortcut']);
    const { shortcut } = options;
    if (!(body instanceof Layer)) reject('new Residual', 'body', 'a layer', body, TypeError);
    if (shortcut && !(shortcut instanceof Layer)) reject('new Residual', 'shortcut', 'a layer', shortcut, TypeError);
    const names = { body, ...(shortcut && { shortcut }) };
    super((x) => add(body.apply(x), shortcut ? shortcut.apply(x) : x), { names }, 'Residual');
    this.body = body;
    this.shortcut = shortcut;
  }
}
