import { ArrowLeft, ChevronLeft, ChevronRight, Columns2, Info, Maximize, Minus, Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAction, useActions } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppState, useSet } from '../app/store.ts';
import { renditionUrl, useHost } from '../connect/context.tsx';
import { useFormat } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { useCells, type View } from '../library/queries.ts';
import { useElementSize } from '../library/useScaledScroll.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Filmstrip } from './Filmstrip.tsx';
import styles from './Loupe.module.css';
import { LoupeImage } from './LoupeImage.tsx';
import { carriedOver, type Zoom, zoomAt } from '../picture/zoom.ts';

/** How many neighbours are known on either side, for the strip and to be loaded ahead. */
const REACH = 24;
const STEP = 1.5;

/** One image as large as the window, and the way to the next. It stays, without its keys, while another screen is shown. */
export function Loupe({ view, visible }: { readonly view: View; readonly visible: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const host = useHost();
  const set = useSet();
  const keyLabel = useKeyLabel();
  const rank = useAppState((state) => Math.min(state.focusedRank, view.total - 1));
  const inspectorOpen = useAppState((state) => state.inspectorOpen);
  const cellAt = useCells(view, Math.max(0, rank - REACH), Math.min(view.total, rank + REACH + 1));
  const cell = cellAt(rank);
  const stage = useRef<HTMLDivElement>(null);
  const frame = useElementSize(stage);
  // Null means "fit", which follows the size of the frame.
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const shown = cell && carriedOver(zoom, cell, frame);

  const compare = useAction('compare');
  const go = (to: number) => set({ focusedRank: to, anchorRank: to });
  const scaleTo = (scale: number) => { if (cell && shown) setZoom(zoomAt(shown, scale, { x: 0, y: 0 }, cell, frame)); };
  const close = () => set({ loupeOpen: false });
  const previous = { run: () => go(rank - 1), enabled: rank > 0 };
  const next = { run: () => go(rank + 1), enabled: rank < view.total - 1 };
  useActions(visible ? {
    'close-loupe': { run: close },
    'loupe-previous': previous,
    'loupe-next': next,
    'loupe-actual': { run: () => scaleTo(1 / window.devicePixelRatio) },
    'loupe-fit': { run: () => setZoom(null) },
    'loupe-zoom-in': { run: () => scaleTo((shown?.scale ?? 1) * STEP) },
    'loupe-zoom-out': { run: () => scaleTo((shown?.scale ?? 1) / STEP) },
  } : {});
  useEffect(() => stage.current?.focus(), []);
  usePreload([cellAt(rank + 1), cellAt(rank - 1)].map((neighbour) => neighbour && renditionUrl(host, neighbour.sha256, 'zoom')));

  const place = t('loupe.place', { place: format.number(rank + 1), total: format.number(view.total) });
  return (
    <section className={styles.loupe} aria-label={t('loupe.title')}>
      <div className={styles.bar}>
        <Button variant="quiet" icon={ArrowLeft} onClick={close}>{t('actions.go-library')}</Button>
        <strong className={styles.name}>{cell && legible(cell.name)}</strong>
        <span className={styles.place}>{place}</span>
        <IconButton icon={ChevronLeft} label={t('actions.loupe-previous')} shortcut={keyLabel('loupe-previous')} disabled={!previous.enabled} onClick={previous.run} />
        <IconButton icon={ChevronRight} label={t('actions.loupe-next')} shortcut={keyLabel('loupe-next')} disabled={!next.enabled} onClick={next.run} />
        <IconButton icon={Columns2} label={t('loupe.compareNext')} shortcut={keyLabel('compare')} disabled={view.total < 2} onClick={compare.run} />
        <span className={styles.divider} />
        <IconButton icon={Minus} label={t('actions.loupe-zoom-out')} shortcut={keyLabel('loupe-zoom-out')} onClick={() => scaleTo((shown?.scale ?? 1) / STEP)} />
        <span className={styles.scale} aria-label={t('loupe.zoom')} role="status">{shown && format.percent(shown.scale * window.devicePixelRatio)}</span>
        <IconButton icon={Plus} label={t('actions.loupe-zoom-in')} shortcut={keyLabel('loupe-zoom-in')} onClick={() => scaleTo((shown?.scale ?? 1) * STEP)} />
        <IconButton icon={Maximize} label={t('actions.loupe-fit')} shortcut={keyLabel('loupe-fit')} pressed={zoom === null} onClick={() => setZoom(null)} />
        <Button variant="quiet" onClick={() => scaleTo(1 / window.devicePixelRatio)} title={t('actions.loupe-actual')}>1:1</Button>
        <IconButton icon={Info} label={t('actions.toggle-inspector')} shortcut={keyLabel('toggle-inspector')} pressed={inspectorOpen} onClick={() => set({ inspectorOpen: !inspectorOpen })} />
      </div>
      <div ref={stage} className={styles.stage} tabIndex={0} role="group" aria-label={cell && t('loupe.image', { name: legible(cell.name), place: format.number(rank + 1), total: format.number(view.total) })}>
        {cell && shown && frame.width > 0 && <LoupeImage key={cell.sha256} cell={cell} zoom={shown} frame={frame} onZoom={setZoom} onToggle={() => { if (zoom) setZoom(null); }} />}
      </div>
      <Filmstrip rank={rank} total={view.total} reach={REACH} cellAt={cellAt} onGo={go} />
    </section>
  );
}

/** Has the browser fetch and decode the neighbours, so that they are there when they are wanted. */
function usePreload(urls: readonly (string | undefined)[]): void {
  const key = urls.join('\n');
  useEffect(() => {
    const images = key.split('\n').filter(Boolean).map((url) => Object.assign(new Image(), { src: url }));
    return () => { for (const image of images) image.removeAttribute('src'); };
  }, [key]);
}
