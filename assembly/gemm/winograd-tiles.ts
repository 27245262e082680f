// Tiles: TILE_ROWS × TILE_COLUMNS pixels of an output plane, numbered row by row over all images; those at the right
// and lower edge may stick out. Each reads a patch: of the input, with a border of the window's width; of the output's
// gradient, the tile itself.
//
// Patches are read from a copy, with zeros where they lie outside the image. The tiles of a block that are neighbours in
// a row of tiles share a strip of it, which lies beside the strips before: [rows][ld].

import { at, lanes, loadLanes, zero } from '../lib/simd';
import { Conv2dShape } from './shape';
import { PATCH_COLUMNS, PATCH_ROWS, TILE_COLUMNS, TILE_ROWS } from './winograd-transform';

@unmanaged
export class Tile {
  /** Its first pixel in y, in elements from the start of the first image's plane; rows and columns inside the plane. */
  pixel: i32; rows: i32; columns: i32;
  /** The column of the copy where its patch starts. */
  patch: i32;
}

@unmanaged
export class Strip {
  image: i32;
  /** The pixel where it starts, maybe outside of the image. */
  top: i32; left: i32;
  /** Where it starts in the copy, and how long it is. */
  column: i32; columns: i32;
}

/** Rows of tiles of all images, and tiles in each. */
// @ts-ignore: decorator
@inline
export function tileRows(s: Conv2dShape): i32 {
  return (s.OH + TILE_ROWS - 1) / TILE_ROWS;
}

// @ts-ignore: decorator
@inline
export function tileColumns(s: Conv2dShape): i32 {
  return (s.OW + TILE_COLUMNS - 1) / TILE_COLUMNS;
}

/** Elements of the copy for `count` tiles at most. */
// @ts-ignore: decorator
@inline
export function copySize<T>(count: i32): i32 {
  return PATCH_ROWS * (count * PATCH_COLUMNS + lanes<T>());
}

/** Elements of a row of the copy, with what a store of a whole vector may write beyond. */
// @ts-ignore: decorator
@inline
export function widthOf<T>(strips: usize, count: i32): i32 {
  const last = changetype<Strip>(strips + (count - 1) * <i32>offsetof<Strip>());
  return last.column + last.columns + lanes<T>();
}

// @ts-ignore: decorator
@inline
export function tileAt(tiles: usize, t: i32): Tile {
  return changetype<Tile>(tiles + t * <i32>offsetof<Tile>());
}

/**
 * Describes tiles [first, first + count) of y and their patches: of x or, with border = 0, of y. Returns the number of
 * strips.
 */
export function placeTiles(
  tiles: usize, strips: usize, s: Conv2dShape, first: i32, count: i32, border: i32, PH: i32, PW: i32,
): i32 {
  const TH = tileRows(s), TW = tileColumns(s);
  let row = first / TW, tw = first % TW, column = 0, found = 0;
  for (let t = 0; t < count; row++, tw = 0, found++) {
    const n = row / TH, th = row % TH, here = min(TW - tw, count - t);
    const strip = changetype<Strip>(strips + found * <i32>offsetof<Strip>());
    strip.image = n;
    strip.top = th * TILE_ROWS - PH;
    strip.left = tw * TILE_COLUMNS - PW;
    strip.column = column;
    strip.columns = here * TILE_COLUMNS + border;
    for (let i = 0; i < here; i++, t++) {
      const tile = tileAt(tiles, t), oh = th * TILE_ROWS, ow = (tw + i) * TILE_COLUMNS;
      tile.pixel = n * s.O * s.P + oh * s.OW + ow;
      tile.rows = min(TILE_ROWS, s.OH - oh);
      tile.columns = min(TILE_COLUMNS, s.OW - ow);
      tile.patch = column + i * TILE_COLUMNS;
    }
    column += strip.columns;
  }
  return found;
}

/** Copies the strips of one channel. plane: the channel in the first image, H × W; image: elements between images. */
export function copyStrips<T>(
  to: usize, plane: usize, image: i32, H: i32, W: i32, strips: usize, count: i32, rows: i32,
): void {
  const ld = widthOf<T>(strips, count);
  for (let i = 0; i < count; i++, strips += offsetof<Strip>()) {
    const strip = changetype<Strip>(strips), columns = strip.columns, left = strip.left;
    const a = min(max(-left, 0), columns), b = max(a, min(columns, W - left));
    let row = at<T>(plane, strip.image * image + strip.top * W + left), copy = at<T>(to, strip.column);
    for (let ih = strip.top; ih < strip.top + rows; ih++) {
      if (<u32>ih < <u32>H) copyInside<T>(copy, row, a, b, columns);
      else zeros<T>(copy, 0, columns);
      copy = at<T>(copy, ld);
      row = at<T>(row, W);
    }
  }
}

// Both write whole vectors, up to lanes − 1 elements beyond; what belongs there is written later.

// @ts-ignore: decorator
@inline
function zeros<T>(to: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i += lanes<T>()) v128.store(at<T>(to, i), zero());
}

/** to[i] = row[i] for i in [a, b), 0 elsewhere in [0, columns). */
// @ts-ignore: decorator
@inline
function copyInside<T>(to: usize, row: usize, a: i32, b: i32, columns: i32): void {
  zeros<T>(to, 0, a);
  let i = a;
  for (; i <= b - lanes<T>(); i += lanes<T>()) v128.store(at<T>(to, i), v128.load(at<T>(row, i)));
  if (i < b) v128.store(at<T>(to, i), loadLanes<T>(at<T>(row, i), b - i));
  zeros<T>(to, b, columns);
}
