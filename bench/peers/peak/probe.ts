// The multiply-add peak: 12 accumulators in registers, and no memory in the loop. Factors and accumulators come from
// memory, so that the compiler cannot know them. v128 cannot live in an array, hence the names.
export const flopsOfTurn: i32 = 12 * 4 * 2;

export function probe(turns: i32): f32 {
  const x = v128.load(0);
  const y = v128.load(16);
  let c0 = v128.load(32);
  let c1 = v128.load(48);
  let c2 = v128.load(64);
  let c3 = v128.load(80);
  let c4 = v128.load(96);
  let c5 = v128.load(112);
  let c6 = v128.load(128);
  let c7 = v128.load(144);
  let c8 = v128.load(160);
  let c9 = v128.load(176);
  let c10 = v128.load(192);
  let c11 = v128.load(208);
  do {
    c0 = f32x4.relaxed_madd(x, y, c0);
    c1 = f32x4.relaxed_madd(x, y, c1);
    c2 = f32x4.relaxed_madd(x, y, c2);
    c3 = f32x4.relaxed_madd(x, y, c3);
    c4 = f32x4.relaxed_madd(x, y, c4);
    c5 = f32x4.relaxed_madd(x, y, c5);
    c6 = f32x4.relaxed_madd(x, y, c6);
    c7 = f32x4.relaxed_madd(x, y, c7);
    c8 = f32x4.relaxed_madd(x, y, c8);
    c9 = f32x4.relaxed_madd(x, y, c9);
    c10 = f32x4.relaxed_madd(x, y, c10);
    c11 = f32x4.relaxed_madd(x, y, c11);
  } while (--turns);
  const s0 = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
  const s1 = f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7));
  const s2 = f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11));
  return f32x4.extract_lane(f32x4.add(s0, f32x4.add(s1, s2)), 0);
}
