const unitRoundoff = 2 ** -24;

/** What two float32 sums of so many terms, added in different orders, may lie apart, as a share of the largest. */
export const ofTerms = (terms: number): number => 2 * (terms + 16) * unitRoundoff;
