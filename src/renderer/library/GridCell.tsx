import type { TFunction } from 'i18next';
import { Check, FileX, Film, TriangleAlert } from 'lucide-react';
import { memo, useState } from 'react';
import type { AssetCell } from '../../contract/index.ts';
import { legible } from '../i18n/legible.ts';
import { classNames } from '../ui/class-names.ts';
import { hidePicture, showPicture } from '../ui/picture.ts';
import { hasCaption } from './geometry.ts';
import styles from './Library.module.css';
import { isDrawable, presetFor } from './preset.ts';

export interface GridCellProps {
  readonly rank: number;
  readonly column: number;
  readonly cell: AssetCell | undefined;
  /** Width and height of the picture's frame, in pixels. */
  readonly width: number;
  readonly mediaBase: string;
  readonly selected: boolean;
  readonly focused: boolean;
  /** Handed in: a hook in each of hundreds of cells is felt while scrolling. */
  readonly t: TFunction;
}

/** One image of the sheet. Its place and proportions are there before its picture, so nothing ever moves. */
export const GridCell = memo(function GridCell({ rank, column, cell, width, mediaBase, selected, focused, t }: GridCellProps) {
  const absence = cell?.absence && t(`library.absences.${cell.absence}`);
  const label = cell && [t('library.cell', { name: legible(cell.name), width: cell.width, height: cell.height, format: cell.format.toUpperCase() }), absence].filter(Boolean).join(', ');
  return (
    <div
      role="gridcell" aria-colindex={column} aria-selected={selected} aria-label={label ?? t('library.loading')}
      tabIndex={focused ? 0 : -1} data-rank={rank} className={classNames(styles.cell, absence && styles.absent)}
    >
      <div className={styles.frame} style={{ blockSize: width }}>
        {cell && <Picture cell={cell} width={width - 2 * FRAME_PADDING} mediaBase={mediaBase} />}
        {selected && <span className={styles.tick}><Check size={12} strokeWidth={3} aria-hidden /></span>}
        {absence && <span className={styles.absence}><FileX size={12} aria-hidden /><span>{absence}</span></span>}
        {cell && <Marks flags={cell.flags} />}
      </div>
      {hasCaption(width) && <div className={styles.caption}>{cell && legible(cell.name)}</div>}
    </div>
  );
});

const FRAME_PADDING = 6;
/** Renditions have no transparency. Of an image of so few pixels (a logo, an icon) the original is as quickly drawn. */
const DRAWN_FROM_ORIGINAL = 1_000_000;

function Picture({ cell, width, mediaBase }: { readonly cell: AssetCell; readonly width: number; readonly mediaBase: string }) {
  const longest = Math.max(cell.width, cell.height);
  const size = { inlineSize: Math.max(1, Math.round(width * cell.width / longest)), blockSize: Math.max(1, Math.round(width * cell.height / longest)) };
  const rendition = `${mediaBase}/renditions/${cell.sha256}/${presetFor(width * window.devicePixelRatio)}`;
  if (cell.hasAlpha && isDrawable(cell.format) && cell.width * cell.height <= DRAWN_FROM_ORIGINAL) return <TransparentPicture original={`${mediaBase}/originals/${cell.id}`} rendition={rendition} size={size} />;
  return (
    <div className={styles.picture} style={{ ...size, backgroundColor: cell.placeholder }}>
      <img src={rendition} alt="" draggable={false} decoding="async" ref={stopLoadingWhenGone} onError={hidePicture} onLoad={showPicture} />
    </div>
  );
}

function TransparentPicture({ original, rendition, size }: { readonly original: string; readonly rendition: string; readonly size: { readonly inlineSize: number; readonly blockSize: number } }) {
  const [gone, setGone] = useState(false);
  return (
    <div className={classNames(styles.picture, styles.transparent)} style={size}>
      <img key={String(gone)} src={gone ? rendition : original} alt="" draggable={false} decoding="async" ref={stopLoadingWhenGone} onError={gone ? hidePicture : () => setGone(true)} onLoad={showPicture} />
    </div>
  );
}

/** Taking the address away stops a download that nobody will see. One function for all, or every drawing would call it. */
function stopLoadingWhenGone(image: HTMLImageElement): () => void {
  return () => image.removeAttribute('src');
}

function Marks({ flags }: { readonly flags: readonly string[] }) {
  const damaged = flags.includes('salvaged') || flags.includes('wrong-extension');
  if (!damaged && !flags.includes('animated')) return null;
  return (
    <span className={styles.marks}>
      {flags.includes('animated') && <Film size={12} aria-hidden />}
      {damaged && <TriangleAlert size={12} aria-hidden />}
    </span>
  );
}
