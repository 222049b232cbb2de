export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which point of the image (0–1 each way) is in the middle of the frame, and how many screen pixels one of its pixels takes. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const LARGEST_SCALE = 16;

/** The scale at which the whole image is seen, never enlarged past its own pixels. */
export function fitScale(image: Size, frame: Size): number {
  return Math.min(1, frame.width / image.width, frame.height / image.height);
}

export function fitted(image: Size, frame: Size): Zoom {
  return { scale: fitScale(image, frame), x: 0.5, y: 0.5 };
}

/** How an image is shown that comes after another: with its zoom as far as this one's size allows; null fits it. */
export function carriedOver(zoom: Zoom | null, image: Size, frame: Size): Zoom {
  return zoom ? contained({ ...zoom, scale: clampScale(zoom.scale, image, frame) }, image, frame) : fitted(image, frame);
}

/** Changes the scale so that the image point under `pointer` (pixels from the frame's middle) stays where it is. */
export function zoomAt(zoom: Zoom, scale: number, pointer: { readonly x: number; readonly y: number }, image: Size, frame: Size): Zoom {
  const next = clampScale(scale, image, frame);
  return contained({
    scale: next,
    x: zoom.x + pointer.x / image.width * (1 / zoom.scale - 1 / next),
    y: zoom.y + pointer.y / image.height * (1 / zoom.scale - 1 / next),
  }, image, frame);
}

/** Moves the image by so many screen pixels. */
export function panBy(zoom: Zoom, dx: number, dy: number, image: Size, frame: Size): Zoom {
  return contained({ ...zoom, x: zoom.x - dx / (image.width * zoom.scale), y: zoom.y - dy / (image.height * zoom.scale) }, image, frame);
}

function clampScale(scale: number, image: Size, frame: Size): number {
  return Math.min(LARGEST_SCALE, Math.max(fitScale(image, frame), scale));
}

/** No empty space where there is image left: a side that fits is centred, one that does not stays filled. */
function contained({ scale, x, y }: Zoom, image: Size, frame: Size): Zoom {
  const along = (centre: number, imageSide: number, frameSide: number) => {
    const half = frameSide / (2 * imageSide * scale);
    return half >= 0.5 ? 0.5 : Math.min(1 - half, Math.max(half, centre));
  };
  return { scale, x: along(x, image.width, frame.width), y: along(y, image.height, frame.height) };
}
