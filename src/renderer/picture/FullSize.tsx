import { TILED_FROM_PIXELS } from '../../contract/presets.ts';
import { fullSizeUrl, tileUrl, useHost } from '../connect/context.tsx';
import { tilesFor, type VisiblePart } from './tiles.ts';

export interface FullSizeProps {
  readonly picture: { readonly id: number; readonly width: number; readonly height: number };
  readonly isAnimated: boolean;
  /** Device pixels that the picture is wide on screen. */
  readonly shownWidth: number;
  /** What of it is in view, as fractions of its sides. */
  readonly visible: VisiblePart;
  readonly loaded: boolean;
  readonly onLoad: () => void;
  readonly onError: () => void;
}

/**
 * A picture at its full size, filling the element around it. A very large one comes as tiles of about the resolution of
 * the screen, only where they are in view: a browser would decode the whole of it for every frame, and stand still.
 */
export function FullSize({ picture, isAnimated, shownWidth, visible, loaded, onLoad, onError }: FullSizeProps) {
  const host = useHost();
  if (isAnimated || picture.width * picture.height <= TILED_FROM_PIXELS) {
    return <img src={fullSizeUrl(host, picture.id)} alt="" draggable={false} decoding="async" data-full={loaded} onLoad={onLoad} onError={onError} />;
  }
  return tilesFor(picture, shownWidth, visible).map(({ level, column, row, left, top, width, height }) => (
    <img
      key={`${level} ${column} ${row}`} src={tileUrl(host, picture.id, level, column, row)} alt="" draggable={false} decoding="async" data-full="true" onLoad={onLoad} onError={onError}
      style={{ inset: 'auto', left: `${left * 100}%`, top: `${top * 100}%`, inlineSize: `${width * 100}%`, blockSize: `${height * 100}%` }}
    />
  ));
}
