import { componentsOf, numbered } from './groups-components.ts';

/** Images as columns: of a million of them half may have company. */
export interface GroupAssets {
  /** The beginning of the content's hash, 32 bits and the next 32: every order in here follows it, so that nothing depends on who came first. */
  readonly keysHigh: ArrayLike<number>;
  readonly keysLow: ArrayLike<number>;
  /** Images of the same number have equal pixels; −1 for those that are alone with theirs. */
  readonly pixels: ArrayLike<number>;
  /** Files that show it now. An image without any is in no group; what was found of it holds of those with its pixels. */
  readonly files: ArrayLike<number>;
  /** Upright, full size. */
  readonly pixelCounts: ArrayLike<number>;
  readonly bytes: ArrayLike<number>;
  /** Which exposure it is, −1 where nothing is known of that. */
  readonly exposures: ArrayLike<number>;
}

/** Pairs of images, by their places in the columns above, that were verified to be alike. */
export interface GroupEdges {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly similarity: ArrayLike<number>;
  readonly distance: ArrayLike<number>;
  /** Which of the two the other was made of by cropping or bordering: 1 a, 2 b; by laying a mark over it: 3 a, 4 b; 0 neither. */
  readonly whole: ArrayLike<number>;
}

/** Pairs that were compared and are not even loosely alike. */
export interface GroupContradictions {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
}

export type Veto = readonly [number, number];

export interface LinkInput {
  readonly assets: GroupAssets;
  readonly edges: GroupEdges;
  readonly contradictions: GroupContradictions;
  readonly vetoes: readonly Veto[];
  /** Two exposures are never one picture, however alike. */
  readonly areApart: (exposure: number, other: number) => boolean;
}

/**
 * Puts images into groups, each a star: every member was verified to be alike to the reference, which is the one to
 * stay. Images of equal pixels are one to begin with. In the order of who leads (not made of another by cropping,
 * bordering or marking, nor alike to few of those that another is alike to, then more pixels, more bytes, then by content) each image joins the reference it is most alike to, or is
 * one itself; of references that are alike each other it joins the one that leads. It joins no group with a member that
 * it contradicts: compared and not alike, another exposure, or parted from it by the user. Two parts of one
 * reference need not be alike; what was never compared is no contradiction. The outcome is a function of the contents
 * alone, not of the order of the columns.
 * @returns for each group of two files or more the places of its members, the reference first
 */
export function linkGroups(input: LinkInput): readonly (readonly number[])[] {
  const { assets } = input;
  const classes = samePixels(assets, input.vetoes);
  // Images that no chain of likeness connects have nothing to do with each other: what leads, and what contradicts, is
  // looked at within such a family only, which is small.
  const families = familiesOf(input, classes);
  const links = linksBetween(input, classes, families.of);
  const derived = derivedIn(links, assets.files.length);
  const { classOf } = classes;
  const best = bestMembers(assets, classOf);
  const lonely = lonelyIn(links, (place) => best[place] !== -1, assets.files.length);
  const byLead = (a: number, b: number): number => (derived[classOf[a] ?? 0] ?? 0) - (derived[classOf[b] ?? 0] ?? 0)
    || (lonely[classOf[a] ?? 0] ?? 0) - (lonely[classOf[b] ?? 0] ?? 0) || (assets.pixelCounts[b] ?? 0) - (assets.pixelCounts[a] ?? 0) || (assets.bytes[b] ?? 0) - (assets.bytes[a] ?? 0) || byContent(assets, a, b);
  const gatherer = createGatherer(links, input, classOf);
  for (const family of families.several()) {
    const leading = family.flatMap((own) => (best[own] === -1 ? [] : [best[own] ?? 0])).sort(byLead);
    gatherer.gather(leading.map((member) => classOf[member] ?? 0));
  }
  const groups = collect(assets, (place) => gatherer.groupOf[classOf[place] ?? 0] ?? 0);
  for (const members of groups) if (members.length > 1) members.sort(byLead);
  return groups;
}

export function byContent({ keysHigh, keysLow }: Pick<GroupAssets, 'keysHigh' | 'keysLow'>, a: number, b: number): number {
  return (keysHigh[a] ?? 0) - (keysHigh[b] ?? 0) || (keysLow[a] ?? 0) - (keysLow[b] ?? 0);
}

interface Classes {
  /** The class of each image: the place of the image of equal pixels that comes first by content. */
  readonly classOf: Int32Array;
  /** Where the user has parted images of equal pixels: all parts, by each of them. */
  readonly partsOf: ReadonlyMap<number, readonly number[]>;
}

function samePixels(assets: GroupAssets, vetoes: readonly Veto[]): Classes {
  const { pixels } = assets;
  const classOf = numbered(pixels.length);
  const partsOf = new Map<number, readonly number[]>();
  const byPixels = new Map<number, number[]>();
  for (let place = 0; place < pixels.length; place += 1) {
    const number = pixels[place] ?? -1;
    if (number === -1) continue;
    const known = byPixels.get(number);
    if (known === undefined) byPixels.set(number, [place]);
    else known.push(place);
  }
  const vetoedBy = vetoedWithin(pixels, vetoes);
  for (const [number, members] of byPixels) {
    members.sort((a, b) => byContent(assets, a, b));
    const vetoed = vetoedBy.get(number);
    const parts = vetoed === undefined ? [members] : partApart(members, vetoed);
    for (const part of parts) for (const member of part) classOf[member] = part[0] ?? member;
    const classes = parts.map(([first]) => first ?? 0);
    if (classes.length > 1) for (const one of classes) partsOf.set(one, classes);
  }
  return { classOf, partsOf };
}

/** By image: those of its pixels that the user has parted it from. */
type Vetoed = ReadonlyMap<number, readonly number[]>;

/** By the number of their pixels: the vetoes between images of equal ones, which are few. */
function vetoedWithin(pixels: ArrayLike<number>, vetoes: readonly Veto[]): ReadonlyMap<number, Vetoed> {
  const within = new Map<number, Map<number, number[]>>();
  for (const [a, b] of vetoes) {
    const number = pixels[a] ?? -1;
    if (number === -1 || pixels[b] !== number) continue;
    const vetoed = within.get(number) ?? new Map<number, number[]>();
    within.set(number, vetoed);
    for (const [one, other] of [[a, b], [b, a]] as const) vetoed.set(one, [...vetoed.get(one) ?? [], other]);
  }
  return within;
}

/** Each goes to the first part that it is not parted from: all without a veto to the first. */
function partApart(members: readonly number[], vetoed: Vetoed): readonly (readonly number[])[] {
  const parts: number[][] = [];
  const partOf = new Map<number, number>();
  for (const member of members) {
    const closed = new Set(vetoed.get(member)?.map((other) => partOf.get(other)));
    let home = 0;
    while (closed.has(home)) home += 1;
    partOf.set(member, home);
    (parts[home] ??= []).push(member);
  }
  return parts;
}

/** Calls for each two classes that a finding about two images is about: it holds of all with their pixels, also where the user has parted these. */
function eachOf({ classOf, partsOf }: Classes, a: number, b: number, visit: (from: number, to: number) => void): void {
  const [here, there] = [classOf[a] ?? 0, classOf[b] ?? 0];
  if (partsOf.size === 0) {
    if (here !== there) visit(here, there);
    return;
  }
  for (const from of partsOf.get(here) ?? [here]) for (const to of partsOf.get(there) ?? [there]) if (from !== to) visit(from, to);
}

function familiesOf({ assets, edges }: LinkInput, classes: Classes) {
  return componentsOf(assets.files.length, (join) => {
    for (let edge = 0; edge < edges.a.length; edge += 1) eachOf(classes, edges.a[edge] ?? 0, edges.b[edge] ?? 0, join);
  });
}

/** What is known between classes; each row stands at both of its ends. */
interface Links {
  /** The rows at class c: from starts[c] to starts[c + 1]. */
  readonly starts: Int32Array;
  readonly others: Int32Array;
  readonly kinds: Uint8Array;
  /** Of an ALIKE row: place of its edge. */
  readonly edges: Int32Array;
}

const ALIKE = 1;
/** Alike, and this end was made of the other by cropping or bordering. */
const ALIKE_AS_PART = 2;
/** Alike, and this end bears a mark that the other does not: it leads no group, but shows all of the scene. */
const ALIKE_MARKED = 3;
const UNLIKE = 4;
const APART = 5;
/** By `GroupEdges.whole`: what a's end is, and what b's end is. */
const KINDS_OF_A = [ALIKE, ALIKE, ALIKE_AS_PART, ALIKE, ALIKE_MARKED] as const;
const KINDS_OF_B = [ALIKE, ALIKE_AS_PART, ALIKE, ALIKE_MARKED, ALIKE] as const;

function linksBetween({ assets, edges, contradictions, vetoes }: LinkInput, classes: Classes, familyOf: Int32Array): Links {
  const count = assets.files.length;
  const starts = new Int32Array(count + 2);
  // Twice: to count, and to fill in.
  const each = (visit: (from: number, to: number, kind: number, edge: number) => void): void => {
    for (let edge = 0; edge < edges.a.length; edge += 1) {
      const whole = edges.whole[edge] ?? 0;
      eachOf(classes, edges.a[edge] ?? 0, edges.b[edge] ?? 0, (from, to) => {
        visit(from, to, KINDS_OF_A[whole] ?? ALIKE, edge);
        visit(to, from, KINDS_OF_B[whole] ?? ALIKE, edge);
      });
    }
    const against = (a: number, b: number, kind: number): void => {
      eachOf(classes, a, b, (from, to) => {
        if (familyOf[from] !== familyOf[to]) return;
        visit(from, to, kind, -1);
        visit(to, from, kind, -1);
      });
    };
    for (let row = 0; row < contradictions.a.length; row += 1) against(contradictions.a[row] ?? 0, contradictions.b[row] ?? 0, UNLIKE);
    for (const [a, b] of vetoes) against(a, b, APART);
  };
  each((from) => { starts[from + 2] = (starts[from + 2] ?? 0) + 1; });
  for (let at = 2; at < starts.length; at += 1) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  const rows = starts[count + 1] ?? 0;
  const links = { starts, others: new Int32Array(rows), kinds: new Uint8Array(rows), edges: new Int32Array(rows) };
  each((from, to, kind, edge) => {
    const at = starts[from + 1] ?? 0;
    starts[from + 1] = at + 1;
    links.others[at] = to;
    links.kinds[at] = kind;
    links.edges[at] = edge;
  });
  return links;
}

/** Framed crops of a picture that hangs in another: further steps make no difference. */
const MOST_STEPS = 4;

/** In how many steps each was made of others by cropping, framing or marking: what a framed picture was made of leads it, though it be a part of something itself. */
function derivedIn({ starts, others, kinds }: Links, count: number): Uint8Array {
  const steps = new Uint8Array(count);
  for (let round = 0, isChanged = true; round < MOST_STEPS && isChanged; round += 1) {
    isChanged = false;
    for (let place = 0; place < count; place += 1) {
      for (let at = starts[place] ?? 0; at < (starts[place + 1] ?? 0); at += 1) {
        const least = kinds[at] === ALIKE_AS_PART || kinds[at] === ALIKE_MARKED ? Math.min(MOST_STEPS, (steps[others[at] ?? 0] ?? 0) + 1) : 0;
        if (least <= (steps[place] ?? 0)) continue;
        steps[place] = least;
        isChanged = true;
      }
    }
  }
  return steps;
}

/**
 * Those alike to less than half as many as one of those they are alike to: they were misjudged now and then, or not
 * compared, and would lead few. However often two classes were compared they are company once, unless the user has
 * parted them; and those that have no file are nobody's.
 */
function lonelyIn({ starts, others, kinds }: Links, hasFile: (place: number) => boolean, count: number): Uint8Array {
  const lastSeenBy = new Int32Array(count);
  let visits = 0;
  const eachCompanion = (place: number, visit: (other: number) => void): void => {
    visits += 1;
    const [start, end] = [starts[place] ?? 0, starts[place + 1] ?? 0];
    for (let at = start; at < end; at += 1) if (kinds[at] === APART) lastSeenBy[others[at] ?? 0] = visits;
    for (let at = start; at < end; at += 1) {
      const other = others[at] ?? 0;
      if ((kinds[at] ?? 0) >= UNLIKE || lastSeenBy[other] === visits || !hasFile(other)) continue;
      lastSeenBy[other] = visits;
      visit(other);
    }
  };
  const company = new Int32Array(count);
  for (let place = 0; place < count; place += 1) eachCompanion(place, () => { company[place] = (company[place] ?? 0) + 1; });
  const lonely = new Uint8Array(count);
  for (let place = 0; place < count; place += 1) {
    eachCompanion(place, (other) => { if (2 * (company[place] ?? 0) < (company[other] ?? 0)) lonely[place] = 1; });
  }
  return lonely;
}

/** For each class the member with a file that would lead it, −1 where none has one. */
function bestMembers(assets: GroupAssets, classOf: Int32Array): Int32Array {
  const { files, bytes } = assets;
  const best = new Int32Array(classOf.length).fill(-1);
  for (let place = 0; place < classOf.length; place += 1) {
    if ((files[place] ?? 0) === 0) continue;
    const own = classOf[place] ?? 0;
    const known = best[own] ?? -1;
    if (known === -1 || ((bytes[known] ?? 0) - (bytes[place] ?? 0) || byContent(assets, place, known)) < 0) best[own] = place;
  }
  return best;
}

interface Gatherer {
  /** For each class its reference, itself where it is one, or was not gathered. */
  readonly groupOf: Int32Array;
  /** Groups a family's classes that have a file, in the order in which they lead. */
  gather(order: readonly number[]): void;
}

function createGatherer(links: Links, { assets, edges, areApart }: LinkInput, classOf: Int32Array): Gatherer {
  const { starts, others, kinds } = links;
  const groupOf = numbered(classOf.length);
  const isGathered = new Uint8Array(classOf.length);
  const isPart = new Uint8Array(classOf.length);
  const exposures = exposuresOf(assets, classOf);
  const leadOf = new Int32Array(classOf.length);
  const isContradicted = (own: number, reference: number, asPart: boolean): boolean => {
    for (let at = starts[own] ?? 0; at < (starts[own + 1] ?? 0); at += 1) {
      const [other, kind] = [others[at] ?? 0, kinds[at] ?? 0];
      if (kind < UNLIKE || isGathered[other] !== 1 || groupOf[other] !== reference) continue;
      // Two parts of one picture may show different things.
      if (kind === APART || !asPart || isPart[other] !== 1) return true;
    }
    return exposures.of(own).some((mine) => exposures.of(reference).some((theirs) => areApart(mine, theirs)));
  };
  const gatherOne = (own: number): void => {
    const open: number[] = [];
    for (let at = starts[own] ?? 0; at < (starts[own + 1] ?? 0); at += 1) {
      const other = others[at] ?? 0;
      if ((kinds[at] ?? 0) < UNLIKE && isGathered[other] === 1 && groupOf[other] === other) open.push(at);
    }
    if (open.length > 1) open.sort((a, b) => compareEdges(edges, links, a, b) || byLeadOf(assets, others[a] ?? 0, others[b] ?? 0));
    const joinable = open.filter((at) => !isContradicted(own, others[at] ?? 0, kinds[at] === ALIKE_AS_PART));
    const home = leadingOf(joinable, links, leadOf, (at) => 1 - (edges.similarity[links.edges[at] ?? 0] ?? 0));
    const reference = home === undefined ? own : others[home] ?? own;
    groupOf[own] = reference;
    isGathered[own] = 1;
    if (home !== undefined && kinds[home] === ALIKE_AS_PART) isPart[own] = 1;
    if (reference !== own) exposures.add(reference, exposures.of(own));
  };
  return {
    groupOf,
    gather(order) {
      for (const [lead, own] of order.entries()) leadOf[own] = lead;
      for (const own of order) gatherOne(own);
    },
  };
}

/** What is nearer by less than this is not clearly nearer: the share of what one differs by that the other does. */
const CLEARLY_NEARER = 0.7;

/**
 * Of the references it may join the most alike one; but where that is not clearly more alike than one that leads, or is
 * alike to one that leads, from which only some other member kept it apart, the one that leads.
 */
function leadingOf(joinable: readonly number[], { starts, others, kinds }: Links, leadOf: Int32Array, difference: (at: number) => number): number | undefined {
  const [nearest] = joinable;
  if (nearest === undefined || joinable.length === 1) return nearest;
  const reference = others[nearest] ?? 0;
  const family = new Set([reference]);
  for (let at = starts[reference] ?? 0; at < (starts[reference + 1] ?? 0); at += 1) if ((kinds[at] ?? 0) < UNLIKE) family.add(others[at] ?? 0);
  for (let at = starts[reference] ?? 0; at < (starts[reference + 1] ?? 0); at += 1) if ((kinds[at] ?? 0) === APART) family.delete(others[at] ?? 0);
  return joinable.filter((at) => family.has(others[at] ?? 0) || difference(nearest) >= CLEARLY_NEARER * difference(at)).reduce((first, at) => ((leadOf[others[at] ?? 0] ?? 0) < (leadOf[others[first] ?? 0] ?? 0) ? at : first));
}

function compareEdges({ similarity, distance }: GroupEdges, { edges }: Links, a: number, b: number): number {
  const [one, other] = [edges[a] ?? 0, edges[b] ?? 0];
  return (similarity[other] ?? 0) - (similarity[one] ?? 0) || (distance[one] ?? 0) - (distance[other] ?? 0);
}

/** Of equally alike references the larger. */
function byLeadOf(assets: GroupAssets, a: number, b: number): number {
  return (assets.pixelCounts[b] ?? 0) - (assets.pixelCounts[a] ?? 0) || byContent(assets, a, b);
}

interface Exposures {
  of(own: number): readonly number[];
  add(own: number, exposures: readonly number[]): void;
}

/** The exposures of each class, and of a reference those of its group: of the files that are there, since one that is gone keeps nobody apart. */
function exposuresOf({ exposures, files }: GroupAssets, classOf: Int32Array): Exposures {
  // Nearly all have one at most: lists are made for the others only.
  const first = new Int32Array(classOf.length).fill(-1);
  const several = new Map<number, number[]>();
  const of = (own: number): readonly number[] => several.get(own) ?? ((first[own] ?? -1) === -1 ? [] : [first[own] ?? -1]);
  const add = (own: number, added: readonly number[]): void => {
    for (const exposure of added) {
      const known = of(own);
      if (known.length === 0) first[own] = exposure;
      else if (!known.includes(exposure)) several.set(own, [...known, exposure]);
    }
  };
  for (let place = 0; place < classOf.length; place += 1) {
    const exposure = exposures[place] ?? -1;
    if (exposure === -1 || (files[place] ?? 0) === 0) continue;
    const own = classOf[place] ?? 0;
    if (first[own] === -1) first[own] = exposure;
    else if (first[own] !== exposure) add(own, [exposure]);
  }
  return { of, add };
}

/** The members of each group that has two files or more. */
function collect({ files }: GroupAssets, groupOf: (place: number) => number): readonly number[][] {
  const filesOf = new Float64Array(files.length);
  for (let place = 0; place < files.length; place += 1) if ((files[place] ?? 0) > 0) filesOf[groupOf(place)] = (filesOf[groupOf(place)] ?? 0) + (files[place] ?? 0);
  // By group: place in the list + 1, 0 where it has none yet.
  const listed = new Uint32Array(files.length);
  const groups: number[][] = [];
  for (let place = 0; place < files.length; place += 1) {
    const group = groupOf(place);
    if ((files[place] ?? 0) === 0 || (filesOf[group] ?? 0) < 2) continue;
    const at = listed[group] ?? 0;
    if (at === 0) listed[group] = groups.push([place]);
    else groups[at - 1]?.push(place);
  }
  return groups;
}
