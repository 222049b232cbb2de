import { useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { renditionUrl, useHost } from '../connect/context.tsx';
import type { CellAt } from '../library/queries.ts';
import { hidePicture, showPicture } from '../ui/picture.ts';
import styles from './Loupe.module.css';

export interface FilmstripProps {
  readonly rank: number;
  readonly total: number;
  readonly reach: number;
  readonly cellAt: CellAt;
  readonly onGo: (rank: number) => void;
}

/** The neighbours of the image, with itself in the middle. */
export function Filmstrip({ rank, total, reach, cellAt, onGo }: FilmstripProps) {
  const { t } = useTranslation();
  const host = useHost();
  const strip = useRef<HTMLUListElement>(null);
  const first = Math.max(0, rank - reach);
  const ranks = Array.from({ length: Math.min(total, rank + reach + 1) - first }, (_, index) => first + index);
  useLayoutEffect(() => {
    const current = strip.current?.querySelector<HTMLElement>('[aria-current]');
    if (current && strip.current) strip.current.scrollLeft = current.offsetLeft + current.offsetWidth / 2 - strip.current.clientWidth / 2;
  });
  return (
    <ul ref={strip} className={styles.strip} data-dock aria-label={t('loupe.filmstrip')}>
      {ranks.map((place) => {
        const cell = cellAt(place);
        return (
          <li key={place}>
            <button type="button" tabIndex={-1} className={styles.stripCell} aria-current={place === rank ? 'true' : undefined} aria-label={cell?.name ?? t('library.loading')} onClick={() => onGo(place)}>
              {cell && <img src={renditionUrl(host, cell.sha256, 'thumb')} alt="" draggable={false} onError={hidePicture} onLoad={showPicture} style={{ backgroundColor: cell.placeholder, aspectRatio: `${cell.width} / ${cell.height}` }} />}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
