import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AssetCell } from '../../contract/index.ts';
import { renditionUrl, useHost } from '../connect/context.tsx';
import { RENDITION_PRESETS } from '../../contract/index.ts';
import { FullSize } from '../picture/FullSize.tsx';
import { classNames } from '../ui/class-names.ts';
import { hidePicture, showPicture } from '../ui/picture.ts';
import styles from './Loupe.module.css';
import { panBy, type Size, type Zoom, zoomAt } from '../picture/zoom.ts';

/** From here on, single pixels are shown as what they are. */
const PIXELATED_FROM = 3;
const WHEEL_SPEED = 0.0015;

export interface LoupeImageProps {
  readonly cell: AssetCell;
  readonly zoom: Zoom;
  readonly frame: Size;
  readonly onZoom: (zoom: Zoom) => void;
  /** Called by a double click while zoomed in. */
  readonly onToggle: () => void;
}

/** The picture itself: its rendition at once, its full size over it where that shows more. */
export function LoupeImage({ cell, zoom, frame, onZoom, onToggle }: LoupeImageProps) {
  const { t } = useTranslation();
  const host = useHost();
  const area = useRef<HTMLDivElement>(null);
  const latest = useRef({ cell, zoom, frame, onZoom });
  const [failed, setFailed] = useState(false);
  const [loaded, setLoaded] = useState(false);
  useEffect(() => { latest.current = { cell, zoom, frame, onZoom }; });

  const width = cell.width * zoom.scale;
  const height = cell.height * zoom.scale;
  const isAnimated = cell.flags.includes('animated');
  const renditionEdge = Math.min(RENDITION_PRESETS.zoom, Math.max(cell.width, cell.height));
  const needsMore = Math.max(width, height) * window.devicePixelRatio > renditionEdge * 1.05 || isAnimated;

  useEffect(() => {
    const element = area.current;
    if (!element) return;
    // React listens passively; zooming must keep the wheel from scrolling.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { cell: image, zoom: before, frame: outer, onZoom: change } = latest.current;
      const box = element.getBoundingClientRect();
      const pointer = { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
      change(zoomAt(before, before.scale * Math.exp(-event.deltaY * lines * WHEEL_SPEED), pointer, image, outer));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);

  // The rendition has white where the original has nothing.
  const seeThrough = cell.hasAlpha && loaded && !failed;
  const showFull = !failed && (needsMore || cell.hasAlpha);
  const halfWidth = frame.width / 2 / width;
  const halfHeight = frame.height / 2 / height;
  const visible = { left: zoom.x - halfWidth, top: zoom.y - halfHeight, right: zoom.x + halfWidth, bottom: zoom.y + halfHeight };
  const place = {
    inlineSize: width, blockSize: height,
    transform: `translate(${Math.round(frame.width / 2 - zoom.x * width)}px, ${Math.round(frame.height / 2 - zoom.y * height)}px)`,
    ...(!seeThrough && { backgroundColor: cell.placeholder }),
    imageRendering: zoom.scale * window.devicePixelRatio > PIXELATED_FROM ? 'pixelated' as const : 'auto' as const,
  };
  return (
    <>
      <div
        ref={area} className={styles.area}
        onPointerDown={(event) => { if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId); }}
        onPointerMove={(event) => { if (event.currentTarget.hasPointerCapture(event.pointerId)) onZoom(panBy(zoom, event.movementX, event.movementY, cell, frame)); }}
        onDoubleClick={(event) => {
          if (width > frame.width + 1 || height > frame.height + 1) { onToggle(); return; }
          const box = event.currentTarget.getBoundingClientRect();
          onZoom(zoomAt(zoom, 1 / window.devicePixelRatio, { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 }, cell, frame));
        }}
      >
        <div className={classNames(styles.image, seeThrough && styles.seeThrough)} style={place}>
          <img src={renditionUrl(host, cell.sha256, 'zoom')} alt={cell.name} draggable={false} onError={hidePicture} onLoad={showPicture} />
          {showFull && (
            <FullSize
              picture={cell} isAnimated={isAnimated} shownWidth={width * window.devicePixelRatio} visible={visible}
              loaded={loaded} onLoad={() => setLoaded(true)} onError={() => setFailed(true)}
            />
          )}
        </div>
      </div>
      {needsMore && !loaded && <p className={classNames(styles.note, !failed && styles.late)} role="status">{t(failed ? 'loupe.failed' : 'loupe.loading')}</p>}
    </>
  );
}
