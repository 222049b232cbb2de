/** Digits of a content's hash that make a name: at a million groups, two bear the same once in 37 million catalogs. */
const NAME_DIGITS = 16;

/**
 * A name for each group: the one its members were shown under, else the beginning of the smallest hash among them. Of
 * several groups whose members bear one name, it goes to the one with the content it was made of, then to the one with
 * most of its bearers; a group whose members bear several takes the one most of them bear.
 * @param groups the members' hashes, hexadecimal
 * @param written name by hash, of everything that was shown before
 */
export function nameGroups(groups: readonly (readonly string[])[], written: ReadonlyMap<string, string>): readonly string[] {
  const claims = claimsOf(groups, written);
  claims.sort((a, b) => Number(b.hasAnchor) - Number(a.hasAnchor) || b.bearers - a.bearers || (a.smallest < b.smallest ? -1 : a.smallest > b.smallest ? 1 : a.name < b.name ? -1 : 1));
  const names: (string | undefined)[] = groups.map(() => undefined);
  const taken = new Set<string>();
  for (const { group, name } of mostBorneFirst(claims)) {
    if (names[group] !== undefined || taken.has(name)) continue;
    names[group] = name;
    taken.add(name);
  }
  return groups.map((members, group) => names[group] ?? newName(members, taken));
}

interface Claim {
  readonly group: number;
  readonly name: string;
  readonly bearers: number;
  /** The content that the name was made of is in the group. */
  readonly hasAnchor: boolean;
  readonly smallest: string;
}

function claimsOf(groups: readonly (readonly string[])[], written: ReadonlyMap<string, string>): Claim[] {
  const claims: Claim[] = [];
  for (const [group, members] of groups.entries()) {
    const bearers = new Map<string, number>();
    for (const sha256 of members) {
      const name = written.get(sha256);
      if (name !== undefined) bearers.set(name, (bearers.get(name) ?? 0) + 1);
    }
    if (bearers.size === 0) continue;
    const smallest = smallestOf(members);
    for (const [name, count] of bearers) claims.push({ group, name, bearers: count, hasAnchor: members.some((sha256) => sha256.startsWith(name)), smallest });
  }
  return claims;
}

/** Claims in their order, but of each group's only the strongest before any second choice is looked at. */
function mostBorneFirst(claims: readonly Claim[]): readonly Claim[] {
  const strongest = new Map<number, Claim>();
  for (const claim of claims) {
    const known = strongest.get(claim.group);
    if (known === undefined || claim.bearers > known.bearers || (claim.bearers === known.bearers && claim.name < known.name)) strongest.set(claim.group, claim);
  }
  return [...claims.filter((claim) => strongest.get(claim.group) === claim), ...claims.filter((claim) => strongest.get(claim.group) !== claim)];
}

function newName(members: readonly string[], taken: Set<string>): string {
  const hashes = members.toSorted();
  const free = hashes.find((sha256) => !taken.has(sha256.slice(0, NAME_DIGITS)))?.slice(0, NAME_DIGITS) ?? smallestOf(members);
  taken.add(free);
  return free;
}

function smallestOf(members: readonly string[]): string {
  return members.reduce((least, sha256) => (sha256 < least ? sha256 : least));
}
