import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Asset, RENDITION_PRESETS, type Transform } from '../../contract/index.ts';
import { renditionUrl, useHost } from '../connect/context.tsx';
import { legible } from '../i18n/legible.ts';
import { FullSize } from '../picture/FullSize.tsx';
import { classNames } from '../ui/class-names.ts';
import { hidePicture, showPicture } from '../ui/picture.ts';
import styles from './Compare.module.css';
import type { Size } from '../picture/zoom.ts';
import { type Placement, undoing, visiblePart } from './view.ts';

/** From here on, single pixels are shown as what they are. */
const PIXELATED_FROM = 3;
/** Stretching a rendition by less is not seen. */
const TOLERATED_STRETCH = 1.05;

export interface LayerProps {
  readonly asset: Asset;
  readonly transform: Transform;
  readonly placement: Placement;
  readonly frame: Size;
  /** False keeps it ready and unseen, for an instant flick. */
  readonly shown: boolean;
}

/** One picture in its place: the rendition at once, the full size over it where that shows more. Never drawn by script: the browser decodes beside the page. */
export function Layer({ asset, transform, placement, frame, shown }: LayerProps) {
  const { t } = useTranslation();
  const host = useHost();
  const [failed, setFailed] = useState(false);
  const [loaded, setLoaded] = useState(false);
  const { width, height, left, top, scale } = placement;
  const needsMore = needsFullSize(asset, placement);
  const [a, b, c, d] = undoing(transform);
  const swapped = a === 0;
  const turned = {
    inlineSize: swapped ? height : width, blockSize: swapped ? width : height,
    transform: `translate(-50%, -50%) matrix(${a}, ${b}, ${c}, ${d}, 0, 0)`,
  };
  return (
    <div
      className={classNames(styles.layer, asset.hasAlpha && loaded && styles.seeThrough)} data-asset={asset.id} data-shown={shown} hidden={!shown}
      style={{ inlineSize: width, blockSize: height, transform: `translate(${left}px, ${top}px)`, imageRendering: scale * window.devicePixelRatio > PIXELATED_FROM ? 'pixelated' : 'auto' }}
    >
      <div className={styles.turned} style={turned}>
        <img src={renditionUrl(host, asset.sha256, 'zoom')} alt={shown ? legible(nameOf(asset)) : ''} draggable={false} onError={hidePicture} onLoad={showPicture} />
        {(needsMore || loaded) && !failed && (
          <FullSize
            picture={asset} isAnimated={asset.frames > 1} shownWidth={(swapped ? height : width) * window.devicePixelRatio} visible={visiblePart(placement, frame, transform)}
            loaded={loaded} onLoad={() => setLoaded(true)} onError={() => setFailed(true)}
          />
        )}
      </div>
      {failed && needsMore && <p className="visually-hidden" role="status">{t('loupe.failed')}</p>}
    </div>
  );
}

/** Whether the rendition would be stretched visibly. */
export function needsFullSize(asset: Asset, { width, height }: Placement): boolean {
  const edge = Math.min(RENDITION_PRESETS.zoom, Math.max(asset.width, asset.height));
  return Math.max(width, height) * window.devicePixelRatio > edge * TOLERATED_STRETCH;
}

export function nameOf({ sources }: Asset): string {
  return sources[0]?.split(/[\\/]/).at(-1) ?? '';
}
