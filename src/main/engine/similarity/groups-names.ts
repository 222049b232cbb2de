/** Digits of a content's hash that make a name: of a million images, two bear the same in one of 37 million catalogs. */
export const NAME_DIGITS = 16;

/** What names are made of, and from. */
export interface NameSource {
  /** The beginning of a member's hash, as many digits as a name has. */
  readonly keyOf: (member: number) => string;
  /** Negative where the first member's key is the smaller. */
  readonly compareKeys: (member: number, other: number) => number;
  /** The name a member was shown under before. */
  readonly nameOf: (member: number) => string | undefined;
}

/**
 * A name for each group: the one its members were shown under, else the beginning of the smallest hash among them. Of
 * several groups whose members bear one name, it goes to the one with the content it was made of, then to the one with
 * most of its bearers; a group whose members bear several takes the one most of them bear.
 * @param groups the members of each
 */
export function nameGroups(groups: readonly (readonly number[])[], source: NameSource): readonly string[] {
  const names: (string | undefined)[] = groups.map(() => undefined);
  const taken = new Set<string>();
  const contested: number[] = [];
  const claimants = soleClaimants(groups, source);
  for (const [group, name] of claimants.entries()) {
    if (name === SEVERAL) contested.push(group);
    else if (name !== undefined) {
      names[group] = name;
      taken.add(name);
    }
  }
  const claims = claimsOf(contested, groups, source);
  claims.sort((a, b) => Number(b.hasAnchor) - Number(a.hasAnchor) || b.bearers - a.bearers || source.compareKeys(a.smallest, b.smallest) || (a.name < b.name ? -1 : 1));
  for (const { group, name } of mostBorneFirst(claims)) {
    if (names[group] !== undefined || taken.has(name)) continue;
    names[group] = name;
    taken.add(name);
  }
  return groups.map((members, group) => names[group] ?? newName(members, source, taken));
}

const SEVERAL = Symbol('several');

/** For each group the one name that its members bear, and those of no other; nothing is to be weighed there, and that is nearly all. */
function soleClaimants(groups: readonly (readonly number[])[], { nameOf }: NameSource): readonly (string | typeof SEVERAL | undefined)[] {
  const found: (string | typeof SEVERAL | undefined)[] = groups.map(() => undefined);
  const claimedBy = new Map<string, number>();
  for (const [group, members] of groups.entries()) {
    for (const member of members) {
      const name = nameOf(member);
      if (name === undefined || name === found[group]) continue;
      found[group] = found[group] === undefined ? name : SEVERAL;
      const other = claimedBy.get(name);
      if (other === undefined) claimedBy.set(name, group);
      else if (other !== group) found[group] = found[other] = SEVERAL;
    }
  }
  return found;
}

interface Claim {
  readonly group: number;
  readonly name: string;
  readonly bearers: number;
  /** The content that the name was made of is in the group. */
  readonly hasAnchor: boolean;
  /** The member with the smallest key. */
  readonly smallest: number;
}

function claimsOf(contested: readonly number[], groups: readonly (readonly number[])[], { keyOf, compareKeys, nameOf }: NameSource): Claim[] {
  const claims: Claim[] = [];
  for (const group of contested) {
    const members = groups[group] ?? [];
    const bearers = new Map<string, number>();
    for (const member of members) {
      const name = nameOf(member);
      if (name !== undefined) bearers.set(name, (bearers.get(name) ?? 0) + 1);
    }
    const smallest = smallestOf(members, compareKeys);
    for (const [name, count] of bearers) claims.push({ group, name, bearers: count, hasAnchor: keyOf(smallest) === name || members.some((member) => keyOf(member) === name), smallest });
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

function newName(members: readonly number[], { keyOf, compareKeys }: NameSource, taken: Set<string>): string {
  const smallest = keyOf(smallestOf(members, compareKeys));
  let name = taken.has(smallest) ? members.toSorted(compareKeys).map(keyOf).find((key) => !taken.has(key)) : smallest;
  // Groups that these members have left may keep all their names.
  for (let number = 2; name === undefined; number += 1) if (!taken.has(`${smallest}-${number}`)) name = `${smallest}-${number}`;
  taken.add(name);
  return name;
}

function smallestOf(members: readonly number[], compareKeys: NameSource['compareKeys']): number {
  return members.reduce((least, member) => (compareKeys(member, least) < 0 ? member : least));
}
