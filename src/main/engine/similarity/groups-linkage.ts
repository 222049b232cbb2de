/** Images that some file shows now, as columns: half a million of them have to fit a thread. */
export interface GroupAssets {
  /** The beginning of the content's hash, hexadecimal: every order in here follows it, so that nothing depends on who came first. */
  readonly keys: readonly string[];
  /** Images of the same number have equal pixels; −1 for those that are alone with theirs. */
  readonly pixels: ArrayLike<number>;
  readonly files: ArrayLike<number>;
  /** Upright, full size. */
  readonly pixelCounts: ArrayLike<number>;
  readonly bytes: ArrayLike<number>;
}

/** Pairs of images, by their places in the columns above, that were verified to be alike. */
export interface GroupEdges {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly similarity: ArrayLike<number>;
  readonly distance: ArrayLike<number>;
  /** Which of the two shows more of the scene: 1 a, 2 b, 0 neither. */
  readonly whole: ArrayLike<number>;
}

export type Veto = readonly [number, number];

/**
 * Puts images into groups in which every two were verified to be alike: no chains. Images of equal pixels are one to
 * begin with; then, from the most alike pair on, two groups become one if all pairs between them are verified
 * (agglomeration with complete linkage). What was said not to be a duplicate of each other never comes together. The
 * outcome is a function of the contents alone, not of the order of the columns.
 * @returns for each group of two files or more the places of its members; the reference, against which the others are
 *   measured, comes first
 */
export function linkGroups(assets: GroupAssets, edges: GroupEdges, vetoes: readonly Veto[]): readonly (readonly number[])[] {
  const rankOf = ranksByContent(assets.keys);
  const classOf = samePixels(assets, rankOf, vetoes);
  const clusterOf = agglomerate(classOf, edges, vetoes, rankOf);
  const groupOf = (place: number): number => clusterOf[classOf[place] ?? 0] ?? 0;
  const derived = countDerived(edges, groupOf, assets.keys.length);
  const groups = collect(assets, groupOf);
  for (const members of groups) {
    members.sort((a, b) => (derived[a] ?? 0) - (derived[b] ?? 0) || (assets.pixelCounts[b] ?? 0) - (assets.pixelCounts[a] ?? 0)
      || (assets.bytes[b] ?? 0) - (assets.bytes[a] ?? 0) || (rankOf[a] ?? 0) - (rankOf[b] ?? 0));
  }
  return groups;
}

function ranksByContent(keys: readonly string[]): Int32Array {
  const order = Array.from(keys.keys()).sort((a, b) => ((keys[a] ?? '') < (keys[b] ?? '') ? -1 : 1));
  const ranks = new Int32Array(keys.length);
  for (const [rank, place] of order.entries()) ranks[place] = rank;
  return ranks;
}

/** Two places as one number, whichever comes first. */
function keyOf(a: number, b: number, count: number): number {
  return a < b ? a * count + b : b * count + a;
}

/**
 * The class of each image: the place of the image of equal pixels that comes first by content. A veto between two of
 * them parts the class.
 */
function samePixels({ pixels, keys }: GroupAssets, rankOf: Int32Array, vetoes: readonly Veto[]): Int32Array {
  const classOf = Int32Array.from({ length: keys.length }, (_, place) => place);
  const byPixels = new Map<number, number[]>();
  for (let place = 0; place < keys.length; place += 1) {
    const number = pixels[place] ?? -1;
    if (number === -1) continue;
    const known = byPixels.get(number);
    if (known === undefined) byPixels.set(number, [place]);
    else known.push(place);
  }
  const vetoed = new Set(vetoes.map(([a, b]) => keyOf(a, b, keys.length)));
  for (const members of byPixels.values()) {
    members.sort((a, b) => (rankOf[a] ?? 0) - (rankOf[b] ?? 0));
    const parts = vetoed.size === 0 ? [members] : partApart(members, (a, b) => vetoed.has(keyOf(a, b, keys.length)));
    for (const part of parts) for (const member of part) classOf[member] = part[0] ?? member;
  }
  return classOf;
}

function partApart(members: readonly number[], isVetoed: (a: number, b: number) => boolean): readonly (readonly number[])[] {
  const parts: number[][] = [];
  for (const member of members) {
    const home = parts.find((others) => !others.some((other) => isVetoed(member, other)));
    if (home === undefined) parts.push([member]);
    else home.push(member);
  }
  return parts;
}

/** The cluster of each class. Once two clusters cannot become one they never can: they only grow. */
function agglomerate(classOf: Int32Array, edges: GroupEdges, vetoes: readonly Veto[], rankOf: Int32Array): Int32Array {
  const count = classOf.length;
  const linkKey = (a: number, b: number): number => keyOf(classOf[a] ?? 0, classOf[b] ?? 0, count);
  const apart = new Set(vetoes.map(([a, b]) => linkKey(a, b)));
  const linked = new Set<number>();
  for (let edge = 0; edge < edges.a.length; edge += 1) {
    const key = linkKey(edges.a[edge] ?? 0, edges.b[edge] ?? 0);
    if (!apart.has(key)) linked.add(key);
  }
  const clusterOf = Int32Array.from({ length: count }, (_, place) => place);
  const clusters = new Map<number, readonly number[]>();
  for (const edge of mostAlikeFirst(edges, classOf, rankOf)) {
    const [one, other] = [classOf[edges.a[edge] ?? 0] ?? 0, classOf[edges.b[edge] ?? 0] ?? 0];
    const [here, there] = [clusterOf[one] ?? 0, clusterOf[other] ?? 0];
    if (here === there || !linked.has(keyOf(one, other, count))) continue;
    const mine = clusters.get(here) ?? [here];
    const theirs = clusters.get(there) ?? [there];
    if (!mine.every((a) => theirs.every((b) => linked.has(keyOf(a, b, count))))) continue;
    for (const member of theirs) clusterOf[member] = here;
    clusters.set(here, [...mine, ...theirs]);
    clusters.delete(there);
  }
  return clusterOf;
}

function mostAlikeFirst({ a, b, similarity, distance }: GroupEdges, classOf: Int32Array, rankOf: Int32Array): Uint32Array {
  const rankOfClass = (place: number): number => rankOf[classOf[place] ?? 0] ?? 0;
  const low = Uint32Array.from(a, (place, edge) => Math.min(rankOfClass(place), rankOfClass(b[edge] ?? 0)));
  const high = Uint32Array.from(a, (place, edge) => Math.max(rankOfClass(place), rankOfClass(b[edge] ?? 0)));
  return Uint32Array.from({ length: a.length }, (_, edge) => edge).sort((one, other) => (similarity[other] ?? 0) - (similarity[one] ?? 0)
    || (distance[one] ?? 0) - (distance[other] ?? 0) || (low[one] ?? 0) - (low[other] ?? 0) || (high[one] ?? 0) - (high[other] ?? 0));
}

/** Of how many others in its group each image is a crop or a bordered version: the reference should be none. */
function countDerived(edges: GroupEdges, groupOf: (place: number) => number, count: number): Int32Array {
  const derived = new Int32Array(count);
  for (let edge = 0; edge < edges.a.length; edge += 1) {
    const [a, b, whole] = [edges.a[edge] ?? 0, edges.b[edge] ?? 0, edges.whole[edge]];
    if (whole === 0 || groupOf(a) !== groupOf(b)) continue;
    const part = whole === 1 ? b : a;
    derived[part] = (derived[part] ?? 0) + 1;
  }
  return derived;
}

/** The members of each group that has two files or more. */
function collect({ files }: GroupAssets, groupOf: (place: number) => number): readonly number[][] {
  const filesOf = new Float64Array(files.length);
  for (let place = 0; place < files.length; place += 1) filesOf[groupOf(place)] = (filesOf[groupOf(place)] ?? 0) + (files[place] ?? 0);
  const groups = new Map<number, number[]>();
  for (let place = 0; place < files.length; place += 1) {
    const group = groupOf(place);
    if ((filesOf[group] ?? 0) < 2) continue;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [place]);
    else known.push(place);
  }
  return [...groups.values()];
}
