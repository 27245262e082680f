// Long stretches go by `set`, which is a memory copy; shorter ones by a loop, since each `subarray` makes an object.

/** out: chunks of all parts by turns, as parts side by side along an axis lie in memory. */
export function interleave(out: Float32Array, parts: readonly Float32Array[], chunk: number): void {
  for (let to = 0, from = 0; to < out.length; from += chunk) {
    for (let i = 0; i < parts.length; i++, to += chunk) out.set(parts[i].subarray(from, from + chunk), to);
  }
}

/** The parts that `interleave` put together. */
export function separate(parts: readonly Float32Array[], x: Float32Array, chunk: number): void {
  for (let to = 0, from = 0; from < x.length; to += chunk) {
    for (let i = 0; i < parts.length; i++, from += chunk) parts[i].set(x.subarray(from, from + chunk), to);
  }
}

/** Square planes of `size`, and a square window within that begins `border` places in, every `step`-th place of them. */
export interface Window {
  planes: number;
  size: number;
  border: number;
  step: number;
  /** Places of the window along an axis. */
  places: number;
}

/** inner [planes, places, places] = the window of outer [planes, size, size]. */
export function takeWindow(inner: Float32Array, outer: Float32Array, window: Window): void {
  const { planes, size, border, step, places } = window;
  let to = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < places; row++) {
      let from = (plane * size + border + row * step) * size + border;
      for (let column = 0; column < places; column++, from += step) inner[to++] = outer[from];
    }
  }
}

/** outer = inner in the window, 0 around it. */
export function putWindow(outer: Float32Array, inner: Float32Array, window: Window): void {
  const { planes, size, border, step, places } = window;
  outer.fill(0);
  let from = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < places; row++) {
      let to = (plane * size + border + row * step) * size + border;
      for (let column = 0; column < places; column++, to += step) outer[to] = inner[from++];
    }
  }
}
