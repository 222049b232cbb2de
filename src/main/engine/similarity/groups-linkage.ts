/** An image that some file shows now. */
export interface GroupAsset {
  /** Lower-case hexadecimal: every order in here follows it, so that nothing depends on who came first. */
  readonly sha256: string;
  /** Its pixels' hash, null where nothing needs one. */
  readonly pixels: string | null;
  readonly files: number;
  /** Upright, full size. */
  readonly pixelCount: number;
  readonly bytes: number;
}

/** Two images, by their places in the list, that were verified to be alike. */
export interface GroupEdge {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
  readonly distance: number;
  /** Which of the two shows more of the scene. */
  readonly whole: 'a' | 'b' | null;
}

export interface LinkedGroup {
  /** Places in the list; the reference, against which the others are measured, comes first. */
  readonly members: readonly number[];
}

/**
 * Puts images into groups in which every two were verified to be alike: no chains. Images of equal pixels are one to
 * begin with; then, from the most alike pair on, two groups become one if all pairs between them are verified
 * (agglomeration with complete linkage). What was said not to be a duplicate of each other never comes together. The
 * outcome is a function of the contents alone, not of the order of the lists.
 * @param vetoes pairs of places that are no duplicates
 */
export function linkGroups(assets: readonly GroupAsset[], edges: readonly GroupEdge[], vetoes: readonly (readonly [number, number])[]): readonly LinkedGroup[] {
  const rankOf = ranksByContent(assets);
  const vetoed = new Set(vetoes.map(([a, b]) => keyOf(a, b, assets.length)));
  const classes = samePixels(assets, rankOf, vetoed);
  const classOf = new Int32Array(assets.length);
  for (const [at, members] of classes.entries()) for (const member of members) classOf[member] = at;
  const links = linkClasses(classes, classOf, edges, vetoes, rankOf);
  const clusterOf = agglomerate(classes.length, links);

  const clusters = new Map<number, number[]>();
  for (const [at, members] of classes.entries()) {
    const known = clusters.get(clusterOf[at] ?? at);
    if (known === undefined) clusters.set(clusterOf[at] ?? at, [...members]);
    else known.push(...members);
  }
  const derived = countDerived(edges, (place) => clusterOf[classOf[place] ?? 0] ?? -1, assets.length);
  const groups: LinkedGroup[] = [];
  for (const members of clusters.values()) {
    if (members.reduce((sum, member) => sum + (assets[member]?.files ?? 0), 0) < 2) continue;
    members.sort((a, b) => (derived[a] ?? 0) - (derived[b] ?? 0) || (assets[b]?.pixelCount ?? 0) - (assets[a]?.pixelCount ?? 0)
      || (assets[b]?.bytes ?? 0) - (assets[a]?.bytes ?? 0) || (rankOf[a] ?? 0) - (rankOf[b] ?? 0));
    groups.push({ members });
  }
  return groups;
}

interface Link {
  readonly one: number;
  readonly other: number;
  readonly similarity: number;
  readonly distance: number;
  readonly lowRank: number;
  readonly highRank: number;
}

function ranksByContent(assets: readonly GroupAsset[]): Int32Array {
  const order = Array.from(assets.keys()).sort((a, b) => ((assets[a]?.sha256 ?? '') < (assets[b]?.sha256 ?? '') ? -1 : 1));
  const ranks = new Int32Array(assets.length);
  for (const [rank, place] of order.entries()) ranks[place] = rank;
  return ranks;
}

function keyOf(a: number, b: number, count: number): number {
  return a < b ? a * count + b : b * count + a;
}

/** Images of equal pixels, each class by content; a veto between two of them parts the class. */
function samePixels(assets: readonly GroupAsset[], rankOf: Int32Array, vetoed: ReadonlySet<number>): readonly (readonly number[])[] {
  const byPixels = new Map<string, number[]>();
  const classes: number[][] = [];
  for (const [place, { pixels }] of assets.entries()) {
    const known = pixels === null ? undefined : byPixels.get(pixels);
    if (known !== undefined) {
      known.push(place);
      continue;
    }
    const members = [place];
    classes.push(members);
    if (pixels !== null) byPixels.set(pixels, members);
  }
  return classes.flatMap((members) => {
    members.sort((a, b) => (rankOf[a] ?? 0) - (rankOf[b] ?? 0));
    return vetoed.size === 0 || members.length === 1 ? [members] : part(members, (a, b) => vetoed.has(keyOf(a, b, assets.length)));
  });
}

function part(members: readonly number[], isVetoed: (a: number, b: number) => boolean): number[][] {
  const parts: number[][] = [];
  for (const member of members) {
    const home = parts.find((others) => !others.some((other) => isVetoed(member, other)));
    if (home === undefined) parts.push([member]);
    else home.push(member);
  }
  return parts;
}

/** The best verified pair between each two classes, the most alike first; none where the user has parted them. */
function linkClasses(classes: readonly (readonly number[])[], classOf: Int32Array, edges: readonly GroupEdge[], vetoes: readonly (readonly [number, number])[], rankOf: Int32Array): readonly Link[] {
  const count = classes.length;
  const apart = new Set(vetoes.map(([a, b]) => keyOf(classOf[a] ?? 0, classOf[b] ?? 0, count)));
  const best = new Map<number, Link>();
  for (const { a, b, similarity, distance } of edges) {
    const [one, other] = [classOf[a] ?? 0, classOf[b] ?? 0];
    const key = keyOf(one, other, count);
    if (one === other || apart.has(key)) continue;
    const ranks = [rankOf[classes[one]?.[0] ?? 0] ?? 0, rankOf[classes[other]?.[0] ?? 0] ?? 0];
    const link: Link = { one, other, similarity, distance, lowRank: Math.min(...ranks), highRank: Math.max(...ranks) };
    const known = best.get(key);
    if (known === undefined || compareLinks(link, known) < 0) best.set(key, link);
  }
  return [...best.values()].sort(compareLinks);
}

function compareLinks(a: Link, b: Link): number {
  return b.similarity - a.similarity || a.distance - b.distance || a.lowRank - b.lowRank || a.highRank - b.highRank;
}

/** The cluster of each class. Once two clusters cannot become one they never can: they only grow. */
function agglomerate(count: number, links: readonly Link[]): Int32Array {
  const clusterOf = Int32Array.from({ length: count }, (_, at) => at);
  const clusters = new Map<number, number[]>();
  const isLinked = new Set(links.map(({ one, other }) => keyOf(one, other, count)));
  for (const { one, other } of links) {
    const [here, there] = [clusterOf[one] ?? 0, clusterOf[other] ?? 0];
    if (here === there) continue;
    const mine = clusters.get(here) ?? [here];
    const theirs = clusters.get(there) ?? [there];
    if (!mine.every((a) => theirs.every((b) => isLinked.has(keyOf(a, b, count))))) continue;
    for (const member of theirs) clusterOf[member] = here;
    clusters.set(here, [...mine, ...theirs]);
    clusters.delete(there);
  }
  return clusterOf;
}

/** Of how many others in its group each image is a crop or a bordered version: the reference should be none. */
function countDerived(edges: readonly GroupEdge[], groupOf: (place: number) => number, count: number): Int32Array {
  const derived = new Int32Array(count);
  for (const { a, b, whole } of edges) {
    if (whole === null || groupOf(a) !== groupOf(b)) continue;
    const part = whole === 'a' ? b : a;
    derived[part] = (derived[part] ?? 0) + 1;
  }
  return derived;
}
