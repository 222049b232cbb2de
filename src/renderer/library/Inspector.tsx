import { ScanSearch } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Asset, AssetCell, Metadata } from '../../contract/index.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useFormat } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { Badge } from '../ui/Badge.tsx';
import { Alike } from './Alike.tsx';
import { cameraName, exposureText } from './camera.ts';
import { flagLabel } from './flag-label.ts';
import styles from './Inspector.module.css';
import { useAsset } from './queries.ts';

const COLOR_SPACES: Readonly<Record<string, string>> = { srgb: 'sRGB' };
const COMPONENTS = ['sharpness', 'contrast', 'brightness', 'colorfulness', 'resolution'] as const;

/** Everything known about one image. */
export function Inspector({ cell }: { readonly cell: AssetCell | undefined }) {
  const { t } = useTranslation();
  const assetId = cell?.id;
  const { data, error, refetch } = useAsset(assetId);
  const asset = assetId === undefined ? undefined : data;
  return (
    <aside className={styles.inspector} aria-label={t('inspector.title')} tabIndex={0}>
      {error && <ErrorBanner error={error} onRetry={() => void refetch()} />}
      {!asset && !error && <p className={styles.none}><ScanSearch size={20} strokeWidth={1.5} aria-hidden />{t('inspector.none')}</p>}
      {asset && <Details asset={asset} cell={asset.id === assetId ? cell : undefined} />}
    </aside>
  );
}

function Details({ asset, cell }: { readonly asset: Asset; readonly cell: AssetCell | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { quality, flags } = asset;
  const absence = cell?.absence;
  return (
    <>
      <h2 className={styles.name} data-selectable>{legible(asset.sources[0]?.split(/[\\/]/).at(-1) ?? cell?.name ?? '')}</h2>
      {(absence || flags.length > 0) && <p className={styles.flags}>{absence && <Badge tone="warning">{t(`library.absences.${absence}`)}</Badge>}{flags.map((flag) => <Badge key={flag} tone={flag === 'salvaged' || flag === 'wrong-extension' ? 'warning' : 'neutral'}>{flagLabel(t, flag)}</Badge>)}</p>}
      <Section title={t('inspector.file')}>
        <Fact label={t('inspector.dimensions')}>{asset.width} × {asset.height} <Muted>{format.megapixels(asset.width * asset.height)}</Muted></Fact>
        <Fact label={t('inspector.format')}>{asset.format.toUpperCase()}</Fact>
        <Fact label={t('inspector.size')}>{format.bytes(asset.bytes)}</Fact>
        <Fact label={t('inspector.colorSpace')}>{COLOR_SPACES[asset.colorSpace] ?? (asset.colorSpace === 'gray' ? t('inspector.gray') : asset.colorSpace.toUpperCase())} {asset.hasAlpha && <Muted>{t('inspector.alpha')}</Muted>}</Fact>
        {asset.frames > 1 && <Fact label={t('inspector.frames')}>{format.number(asset.frames)}</Fact>}
        {asset.orientation > 1 && <Fact label={t('inspector.orientation')}>{asset.orientation}</Fact>}
        {asset.takenAt && <Fact label={t('inspector.taken')}>{format.dateTime(asset.takenAt)}</Fact>}
        <Fact label={t('inspector.added')}>{format.dateTime(asset.createdAt)}</Fact>
      </Section>
      <Alike assetId={asset.id} />
      <Section title={t('inspector.quality')} aside={t('inspector.outOf', { score: format.decimal(quality.score, 1) })}>
        {COMPONENTS.map((component) => (
          <div key={component} className={styles.component}>
            <dt>{t(`inspector.${component}`)}</dt>
            <dd className={styles.meter} aria-hidden><span style={{ inlineSize: `${quality[component] * 100}%` }} /></dd>
            <dd>{format.percent(quality[component])}</dd>
          </div>
        ))}
      </Section>
      <Camera metadata={asset.metadata} />
      <Description metadata={asset.metadata} />
      <Section title={t('inspector.sources', { count: asset.sources.length, formatted: format.number(asset.sources.length) })}>
        {asset.sources.map((source) => <div key={source} className={styles.source}><dt className="visually-hidden">{t('inspector.file')}</dt><dd data-selectable>{legible(source)}</dd></div>)}
      </Section>
      <Section title={t('inspector.renditions')}>
        {asset.renditions.map(({ preset, width, height, bytes }) => <Fact key={preset} label={t(`presets.${preset}`)}>{width} × {height} <Muted>{format.bytes(bytes)}</Muted></Fact>)}
      </Section>
      <Section title={t('inspector.hashes')}>
        <Hash label="SHA-256" value={asset.sha256} />
        {asset.pixelSha256 && <Hash label={t('inspector.pixels')} value={asset.pixelSha256} />}
        <Hash label="PDQ" value={asset.hashes.pdq} />
        <Fact label={t('inspector.pdqQuality')}>{asset.hashes.pdqQuality}</Fact>
        <Hash label="pHash" value={asset.hashes.phash} />
        <Hash label="dHash" value={asset.hashes.dhash} />
      </Section>
    </>
  );
}

function Camera({ metadata }: { readonly metadata: Metadata }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { lens, exposureSeconds, aperture, iso, focalLengthMm, latitude, longitude, altitudeMetres } = metadata;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t('inspector.make'), cameraName(metadata)],
    [t('inspector.lens'), lens],
    [t('inspector.exposure'), exposureSeconds === undefined ? undefined : exposureText(exposureSeconds, format)],
    [t('inspector.aperture'), aperture === undefined ? undefined : `f/${format.decimal(aperture, 1)}`],
    [t('inspector.iso'), iso === undefined ? undefined : format.number(iso)],
    [t('inspector.focalLength'), focalLengthMm === undefined ? undefined : `${format.decimal(focalLengthMm, 1)} mm`],
    [t('inspector.position'), latitude === undefined || longitude === undefined ? undefined : `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`],
    [t('inspector.altitude'), altitudeMetres === undefined ? undefined : `${format.number(altitudeMetres)} m`],
  ];
  return <Facts title={t('inspector.camera')} facts={facts} />;
}

function Description({ metadata }: { readonly metadata: Metadata }) {
  const { t } = useTranslation();
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t('inspector.headline'), metadata.title],
    [t('inspector.caption'), metadata.description],
    [t('inspector.keywords'), metadata.keywords?.join(', ')],
    [t('inspector.creator'), metadata.creator],
    [t('inspector.copyright'), metadata.copyright],
    [t('inspector.rating'), metadata.rating === 0 ? undefined : metadata.rating?.toString()],
    [t('inspector.software'), metadata.software],
    [t('inspector.profile'), metadata.colorProfile],
  ];
  return <Facts title={t('inspector.description')} facts={facts} />;
}

function Facts({ title, facts }: { readonly title: string; readonly facts: readonly (readonly [string, string | undefined])[] }) {
  const present = facts.filter(([, value]) => value !== undefined && value !== '');
  return present.length === 0 ? null : <Section title={title}>{present.map(([label, value]) => <Fact key={label} label={label}>{value}</Fact>)}</Section>;
}

function Section({ title, aside, children }: { readonly title: string; readonly aside?: string; readonly children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h3>{title}{aside && <span>{aside}</span>}</h3>
      <dl>{children}</dl>
    </section>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return <div className={styles.fact}><dt>{label}</dt><dd data-selectable>{children}</dd></div>;
}

function Hash({ label, value }: { readonly label: string; readonly value: string }) {
  return <div className={styles.hash}><dt>{label}</dt><dd data-selectable>{value}</dd></div>;
}

function Muted({ children }: { readonly children: ReactNode }) {
  return <span className={styles.muted}>{children}</span>;
}
