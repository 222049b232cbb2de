import type Database from 'better-sqlite3';
import type { GroupAssets } from './groups-linkage.ts';
import { NAME_DIGITS } from './groups-names.ts';
import { isRaw, areTwoExposures, type Exposure } from './pairs-facts.ts';

/** What grouping wants to know of images, as columns by their ids: 28 bytes an image. */
export interface GroupFacts {
  /** The first 64 bits of the content's hash: every order among images follows it, so that nothing depends on who came first. */
  readonly keysHigh: Uint32Array;
  readonly keysLow: Uint32Array;
  /** Upright, full size. */
  readonly pixelCounts: Float64Array;
  readonly bytes: Float64Array;
  /** Which exposure it is. */
  readonly exposures: Int32Array;
}

export interface FactsReader {
  /** @param wanted by id: 1 for the images that are asked about; the columns are as long, at least */
  of(wanted: Uint8Array): GroupFacts;
  areApart(exposure: number, other: number): boolean;
}

interface Numbering {
  numberOf(exposure: Exposure): number;
  areApart(exposure: number, other: number): boolean;
}

type Row = [id: number, pixelCount: number, bytes: number, key: string, format: string, takenAt: number | null, camera: string | null];

/** So many are asked for in one statement, which costs half of what as many statements do. */
const AT_ONCE = 20_000;

/** Reads of each image once what is true of its content, and again when images were read anew (the catalog counts that). */
export function createFactsReader(db: Database.Database): FactsReader {
  const find = db.prepare<[string]>(`
    SELECT a.id, a.width * a.height, a.bytes, hex(substr(a.sha256, 1, ${NAME_DIGITS / 2})), a.format, a.taken_at,
      CASE WHEN a.taken_at IS NOT NULL THEN nullif(concat_ws(' ', a.metadata ->> '$.cameraMake', a.metadata ->> '$.cameraModel'), '') END
    FROM json_each(?) wanted CROSS JOIN asset a ON a.id = wanted.value`).raw();
  const remade = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'assets-remade'`).pluck();
  let revision = -1;
  let held = emptyFacts(0);
  /** By id: 1 where it is held. */
  let isHeld = new Uint8Array(0);
  let numbering = createNumbering();

  function read(ids: readonly number[]): void {
    for (const [id, pixelCount, bytes, key, format, takenAt, camera] of find.iterate(JSON.stringify(ids)) as IterableIterator<Row>) {
      held.keysHigh[id] = Number.parseInt(key.slice(0, 8), 16);
      held.keysLow[id] = Number.parseInt(key.slice(8), 16);
      held.pixelCounts[id] = pixelCount;
      held.bytes[id] = bytes;
      held.exposures[id] = numbering.numberOf({ format, takenAt, camera });
      isHeld[id] = 1;
    }
  }

  return {
    of(wanted) {
      const current = remade.get() ?? 0;
      if (current !== revision) {
        revision = current;
        isHeld.fill(0);
        numbering = createNumbering();
      }
      if (isHeld.length < wanted.length) {
        held = enlarged(held, wanted.length);
        const larger = new Uint8Array(held.bytes.length);
        larger.set(isHeld);
        isHeld = larger;
      }
      let missing: number[] = [];
      // In the order of the table: images of one group may have come years apart.
      for (let id = 0; id < wanted.length; id += 1) {
        if (wanted[id] !== 1 || isHeld[id] === 1 || missing.push(id) < AT_ONCE) continue;
        read(missing);
        missing = [];
      }
      read(missing);
      return held;
    },
    areApart: (exposure, other) => numbering.areApart(exposure, other),
  };
}

function emptyFacts(length: number): GroupFacts {
  return { keysHigh: new Uint32Array(length), keysLow: new Uint32Array(length), pixelCounts: new Float64Array(length), bytes: new Float64Array(length), exposures: new Int32Array(length).fill(-1) };
}

/** With some room to grow: images come by the thousand. */
function enlarged(facts: GroupFacts, length: number): GroupFacts {
  const larger = emptyFacts(Math.ceil(length * 1.1));
  larger.keysHigh.set(facts.keysHigh);
  larger.keysLow.set(facts.keysLow);
  larger.pixelCounts.set(facts.pixelCounts);
  larger.bytes.set(facts.bytes);
  larger.exposures.set(facts.exposures);
  return larger;
}

/** As text, the way names are made of it. */
export function keyText({ keysHigh, keysLow }: Pick<GroupAssets, 'keysHigh' | 'keysLow'>, id: number): string {
  return (keysHigh[id] ?? 0).toString(16).padStart(8, '0') + (keysLow[id] ?? 0).toString(16).padStart(8, '0');
}

/** The same number for the same moment of the same camera: of these there are few in a group, however many its images. */
function createNumbering(): Numbering {
  const numbers = new Map<string, Map<number, number>>();
  const known: Exposure[] = [];
  return {
    numberOf({ format, camera, takenAt }) {
      const isTimed = camera !== null && takenAt !== null;
      const key = `${isRaw({ format }) ? 'raw' : ''} ${isTimed ? camera : ''}`;
      const ofCamera = numbers.get(key) ?? new Map<number, number>();
      const moment = isTimed ? takenAt : -1;
      const number = ofCamera.get(moment) ?? known.push({ format, camera, takenAt }) - 1;
      numbers.set(key, ofCamera);
      ofCamera.set(moment, number);
      return number;
    },
    areApart(exposure, other) {
      const [one, two] = [known[exposure], known[other]];
      return one !== undefined && two !== undefined && areTwoExposures(one, two);
    },
  };
}
