// Blocks of tiles: TILE × TILE pixels of an output plane, numbered row by row over all images; those at the right and lower
// edge may stick out. Each reads a patch: of the input, with a border of the window's width; of the output's gradient, the
// tile itself.
//
// The tiles of a block that are neighbours in a row of tiles share a strip of the image. A matrix acts down the strips'
// columns, once for patches that overlap, with zeros where they lie outside the image; the results lie side by side:
// [PATCH][stripsWidth], from which patches are read. That this width is a constant saves an addition for nearly every load and store
// (measured: a tenth of the time with few channels).

import { fill } from '../lib/rows';
import { at, lanes, loadLanes } from '../lib/simd';
import { Conv2dShape } from './shape';
import { InputTransform, OutputGradientTransform, PATCH, TILE, columnsDown } from './winograd-transform';

/** Some tiles and what they read: of x or, `ofOutput`, of the output's gradient. */
@unmanaged
export class Block {
  tiles: i32; strips: i32; ofOutput: bool;
  /** The planes that are read, and elements between images. */
  H: i32; W: i32; image: i32;
  /** Columns of the transformed strips, with those that a store of a whole vector may write beyond. */
  columns: i32;
}

@unmanaged
export class Tile {
  /** Its first pixel in y, in elements from the start of the first image's plane; rows and columns inside the plane. */
  pixel: i32; rows: i32; columns: i32;
  /** The column of the transformed strips where its patch starts. */
  patch: i32;

  /** TILE where both are; also of several tiles' extents joined by `and`, since TILE is a power of two and none is longer. */
  @inline get extent(): i32 { return this.rows & this.columns; }
}

@unmanaged
class Strip {
  image: i32;
  /** The pixel where it starts, maybe outside of the image. */
  top: i32; left: i32;
  /** Where it starts among the transformed ones, and how long it is. */
  column: i32; columns: i32;
}

/** Tiles per block at most. */
// @ts-ignore: decorator
@inline
export const TILES: i32 = 128;

/** Bytes of a block. */
// @ts-ignore: decorator
@inline
export function blockSize(): usize {
  return offsetof<Block>() + TILES * (offsetof<Tile>() + offsetof<Strip>());
}

/** Rows of tiles of all images, and tiles in each. */
// @ts-ignore: decorator
@inline
export function tileRows(s: Conv2dShape): i32 {
  return (s.OH + TILE - 1) / TILE;
}

// @ts-ignore: decorator
@inline
export function tileColumns(s: Conv2dShape): i32 {
  return (s.OW + TILE - 1) / TILE;
}

/** Elements from a row of the transformed strips to the next: as many columns as a block may have. */
// @ts-ignore: decorator
@inline
export function stripsWidth<T>(): i32 {
  return TILES * PATCH + lanes<T>();
}

// @ts-ignore: decorator
@inline
export function tileAt(block: Block, t: i32): Tile {
  return changetype<Tile>(changetype<usize>(block) + offsetof<Block>() + t * <i32>offsetof<Tile>());
}

// @ts-ignore: decorator
@inline
function stripAt(block: Block, i: i32): Strip {
  return changetype<Strip>(changetype<usize>(tileAt(block, block.tiles)) + i * <i32>offsetof<Strip>());
}

/** Describes tiles [first, first + count) of y and their patches. */
export function placeTiles<T>(block: Block, s: Conv2dShape, first: i32, count: i32, ofOutput: bool): void {
  const TH = tileRows(s), TW = tileColumns(s);
  const border = ofOutput ? 0 : PATCH - TILE, PH = ofOutput ? 0 : s.PH, PW = ofOutput ? 0 : s.PW;
  let row = first / TW, tw = first % TW, column = 0, found = 0;
  block.tiles = count;
  for (let t = 0; t < count; row++, tw = 0, found++) {
    const n = row / TH, th = row % TH, here = min(TW - tw, count - t);
    const strip = stripAt(block, found);
    strip.image = n;
    strip.top = th * TILE - PH;
    strip.left = tw * TILE - PW;
    strip.column = column;
    strip.columns = here * TILE + border;
    for (let i = 0; i < here; i++, t++) {
      const tile = tileAt(block, t), oh = th * TILE, ow = (tw + i) * TILE;
      tile.pixel = n * s.O * s.P + oh * s.OW + ow;
      tile.rows = min(TILE, s.OH - oh);
      tile.columns = min(TILE, s.OW - ow);
      tile.patch = column + i * TILE;
    }
    column += strip.columns;
  }
  block.strips = found;
  block.ofOutput = ofOutput;
  block.H = ofOutput ? s.OH : s.H;
  block.W = ofOutput ? s.OW : s.W;
  block.image = ofOutput ? s.O * s.P : s.C * s.H * s.W;
  block.columns = column + lanes<T>();
}

/** Zeros for a block's strips. */
export function clearStrips<T>(strips: usize, block: Block): void {
  for (let r = 0; r < PATCH; r++) fill<T>(at<T>(strips, r * stripsWidth<T>()), 0, 0, block.columns);
}

/**
 * The strips of one channel, with Bᵀ or, of the output's gradient, A down their columns, into `out`, which was zero before the first
 * channel and so stays zero outside the image. plane: the channel in the first image; nothing: a row of zeros; rest: PATCH vectors and
 * as many addresses.
 */
export function transformStrips<T>(out: usize, plane: usize, block: Block, nothing: usize, rest: usize): void {
  const rows = rest + PATCH * 16;
  for (let i = 0; i < block.strips; i++) {
    const strip = stripAt(block, i), left = strip.left, a = max(-left, 0);
    // A strip may lie in the padding altogether.
    const count = max(0, min(strip.columns, block.W - left) - a), whole = count & -lanes<T>();
    const first = at<T>(plane, strip.image * block.image + left + a), to = at<T>(out, strip.column + a);
    for (let r = 0; r < PATCH; r++) {
      const ih = strip.top + r;
      store<usize>(rows + r * 4, <u32>ih < <u32>block.H ? at<T>(first, ih * block.W) : nothing);
    }
    if (whole > 0) down<T>(to, rows, whole << alignof<T>(), block);
    if (count > whole) {
      for (let r = 0; r < PATCH; r++) {
        const part = rest + r * 16;
        v128.store(part, loadLanes<T>(at<T>(load<usize>(rows + r * 4), whole), count - whole));
        store<usize>(rows + r * 4, part);
      }
      // A whole vector, with zeros behind the image; what belongs there in the next strip is written later.
      down<T>(at<T>(to, whole), rows, 16, block);
    }
  }
}

function down<T>(out: usize, rows: usize, bytes: i32, block: Block): void {
  if (block.ofOutput) columnsDown<T, OutputGradientTransform>(out, stripsWidth<T>(), rows, bytes);
  else columnsDown<T, InputTransform>(out, stripsWidth<T>(), rows, bytes);
}
