/** Digits of a content's hash that make a name: of a million images, two bear the same in one of 37 million catalogs. */
export const NAME_DIGITS = 16;

/**
 * A name for each group: the one its members were shown under, else the beginning of the smallest hash among them. Of
 * several groups whose members bear one name, it goes to the one with the content it was made of, then to the one with
 * most of its bearers; a group whose members bear several takes the one most of them bear.
 * @param groups the members of each
 * @param keyOf the beginning of a member's hash, as many digits as a name has
 * @param nameOf the name a member was shown under before
 */
export function nameGroups(groups: readonly (readonly number[])[], keyOf: (member: number) => string, nameOf: (member: number) => string | undefined): readonly string[] {
  const claims = claimsOf(groups, keyOf, nameOf);
  claims.sort((a, b) => Number(b.hasAnchor) - Number(a.hasAnchor) || b.bearers - a.bearers || (a.smallest < b.smallest ? -1 : a.smallest > b.smallest ? 1 : a.name < b.name ? -1 : 1));
  const names: (string | undefined)[] = groups.map(() => undefined);
  const taken = new Set<string>();
  for (const { group, name } of mostBorneFirst(claims)) {
    if (names[group] !== undefined || taken.has(name)) continue;
    names[group] = name;
    taken.add(name);
  }
  return groups.map((members, group) => names[group] ?? newName(members.map(keyOf), taken));
}

interface Claim {
  readonly group: number;
  readonly name: string;
  readonly bearers: number;
  /** The content that the name was made of is in the group. */
  readonly hasAnchor: boolean;
  readonly smallest: string;
}

function claimsOf(groups: readonly (readonly number[])[], keyOf: (member: number) => string, nameOf: (member: number) => string | undefined): Claim[] {
  const claims: Claim[] = [];
  for (const [group, members] of groups.entries()) {
    const bearers = new Map<string, number>();
    for (const member of members) {
      const name = nameOf(member);
      if (name !== undefined) bearers.set(name, (bearers.get(name) ?? 0) + 1);
    }
    if (bearers.size === 0) continue;
    const keys = members.map(keyOf);
    for (const [name, count] of bearers) claims.push({ group, name, bearers: count, hasAnchor: keys.includes(name), smallest: smallestOf(keys) });
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

function newName(keys: readonly string[], taken: Set<string>): string {
  let name = keys.toSorted().find((key) => !taken.has(key));
  // Groups that these members have left may keep all their names.
  for (let number = 2; name === undefined; number += 1) if (!taken.has(`${smallestOf(keys)}-${number}`)) name = `${smallestOf(keys)}-${number}`;
  taken.add(name);
  return name;
}

function smallestOf(keys: readonly string[]): string {
  return keys.reduce((least, key) => (key < least ? key : least));
}
