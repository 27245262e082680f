// Sets functions that resemble each other side by side: gzip looks back 32 KB only, and the compiler's order scatters the instances
// of one kernel over the module. Each function is followed by the one left that has most in common with it, as the
// sequences of so many instructions that both have, divided by the geometric mean of what they have.

/** The functions in another order, by sequences of `length` instructions. */
export function arranged(functions, length) {
  const left = functions.map((text) => ({ text, sequences: sequencesOf(text, length) }));
  const chain = left.splice(0, 1);
  while (left.length > 0) {
    const { sequences } = chain.at(-1);
    const likeness = left.map((other) => likenessOf(sequences, other.sequences));
    chain.push(...left.splice(likeness.indexOf(Math.max(...likeness)), 1));
  }
  return chain.map(({ text }) => text);
}

function sequencesOf(text, length) {
  const instructions = text.match(/\w+\.\w+|call \$\d+|loop|if|block/g) ?? [];
  return new Set(instructions.slice(length - 1).map((_, i) => instructions.slice(i, i + length).join(' ')));
}

function likenessOf(a, b) {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let common = 0;
  for (const sequence of few) if (many.has(sequence)) common++;
  return common / Math.sqrt((a.size + 1) * (b.size + 1));
}
