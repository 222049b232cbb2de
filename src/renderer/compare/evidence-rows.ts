import type { TFunction } from 'i18next';
import type { Asset } from '../../contract/index.ts';
import type { Format } from '../i18n/format.ts';
import { cameraName, exposureText } from '../library/camera.ts';

export interface EvidenceRow {
  readonly label: string;
  readonly values: readonly string[];
  /** Which candidates are the better ones here; empty where they are as good as equal or none can be called better. */
  readonly better: readonly number[];
}

/** What is known of the candidates, side by side. Rows that say nothing of any of them are left out. */
export function evidenceRows(assets: readonly Asset[], t: TFunction, format: Format): readonly EvidenceRow[] {
  const row = (label: string, say: (asset: Asset) => string, rank?: (asset: Asset) => number | null, within?: (highest: number) => number): EvidenceRow => ({
    label, values: assets.map(say), better: rank ? best(assets.map(rank), within) : [],
  });
  const sameKind = new Set(assets.map(({ format: kind, width, height }) => `${kind} ${width * height}`)).size === 1;
  const score = (label: string, of: (asset: Asset) => number): EvidenceRow => row(label, (asset) => format.percent(of(asset)), of, () => NO_BETTER);
  const rows = [
    row(t('inspector.dimensions'), ({ width, height }) => `${width} × ${height}`, ({ width, height }) => width * height, shareOf),
    // More bytes are less compression only where all else is the same.
    row(t('inspector.size'), ({ bytes }) => format.bytes(bytes), sameKind ? ({ bytes }) => bytes : undefined, shareOf),
    row(t('inspector.format'), formatName),
    // The first in time is the original; an undated one is a copy that lost its date.
    row(t('inspector.taken'), ({ takenAt }) => (takenAt === null ? '' : format.dateTime(takenAt)), ({ takenAt }) => (takenAt === null ? null : -Date.parse(takenAt))),
    row(t('inspector.make'), ({ metadata }) => cameraName(metadata)),
    row(t('inspector.exposure'), ({ metadata }) => settingsText(metadata, format)),
    row(t('compare.metadata'), ({ metadata }) => format.number(Object.keys(metadata).length), ({ metadata }) => Object.keys(metadata).length),
    score(t('inspector.sharpness'), ({ quality }) => quality.sharpness),
    row(t('inspector.quality'), ({ quality }) => format.decimal(quality.score, 1), ({ quality }) => quality.score, () => 100 * NO_BETTER),
    row(t('compare.files'), ({ sources }) => format.number(sources.length)),
  ];
  return rows.filter(({ values }) => values.some((value) => value !== '' && value !== '0'));
}

/** What is better by no more than this is measured so by chance, or makes no difference: of sharpness and quality two of a hundred points, of sizes 2 %. */
const NO_BETTER = 0.02;
const shareOf = (highest: number): number => NO_BETTER * highest;

function best(ranks: readonly (number | null)[], within: (highest: number) => number = () => 0): readonly number[] {
  const known = ranks.filter((rank) => rank !== null);
  const highest = Math.max(...known);
  // Figures like 0.52 − 0.5 are a hair more than they are.
  const least = highest - within(highest) - 1e-9;
  const winners = ranks.flatMap((rank, index) => (rank !== null && rank >= least ? [index] : []));
  return winners.length === ranks.length ? [] : winners;
}

function formatName({ format, colorSpace }: Asset): string {
  return colorSpace === 'cmyk' ? `${format.toUpperCase()} CMYK` : format.toUpperCase();
}

/** `1/250 s · f/2.8 · ISO 200` */
function settingsText({ exposureSeconds, aperture, iso }: Asset['metadata'], format: Format): string {
  return [
    exposureSeconds !== undefined && exposureText(exposureSeconds, format),
    aperture !== undefined && `f/${format.decimal(aperture, 1)}`,
    iso !== undefined && `ISO ${iso}`,
  ].filter(Boolean).join(' · ');
}
