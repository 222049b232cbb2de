/** What is connected, of things that are numbered from 0. */
export interface Components {
  /** The component of each: the smallest number in it. */
  readonly of: Int32Array;
  /** The members of each component of more than one, ascending. */
  several(): Generator<readonly number[]>;
}

/**
 * Disjoint sets with path halving (Tarjan and van Leeuwen, “Worst-case Analysis of Set Union Algorithms”, JACM 1984); the
 * smaller number is always the root, so the outcome does not depend on the order in which the pairs are told.
 */
export function componentsOf(count: number, eachPair: (join: (a: number, b: number) => void) => void): Components {
  const parents = numbered(count);
  const rootOf = (place: number): number => {
    let at = place;
    for (let parent = parents[at] ?? at; parent !== at; parent = parents[at] ?? at) {
      parents[at] = parents[parent] ?? parent;
      at = parent;
    }
    return at;
  };
  eachPair((a, b) => {
    const [one, other] = [rootOf(a), rootOf(b)];
    if (one !== other) parents[Math.max(one, other)] = Math.min(one, other);
  });
  for (let place = 0; place < count; place += 1) parents[place] = rootOf(place);
  return {
    of: parents,
    *several() {
      // As chains: the last of each root that was seen so far, and for each the one after it.
      const next = new Int32Array(count);
      const last = new Int32Array(count);
      for (let place = 0; place < count; place += 1) {
        const root = parents[place] ?? place;
        if (root !== place) next[last[root] ?? root] = place;
        last[root] = place;
      }
      for (let root = 0; root < count; root += 1) {
        if (parents[root] !== root || next[root] === 0) continue;
        const members: number[] = [];
        for (let at = root; at !== 0 || members.length === 0; at = next[at] ?? 0) members.push(at);
        yield members;
      }
    },
  };
}

/** 0, 1, 2 … */
export function numbered(count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let place = 0; place < count; place += 1) numbers[place] = place;
  return numbers;
}
