import sharp, { type Sharp } from 'sharp';
import { createRandom, type Raster } from './accuracy-scenes.ts';

/** One way in which a copy comes to differ from its original. */
export interface Edit {
  /** What the issue asks a recall for. */
  readonly group: 'benign' | 'turned' | 'border' | 'centre crop' | 'off-centre crop' | 'combined';
  readonly name: string;
  readonly make: (base: Raster, random: () => number) => Promise<Buffer>;
}

const QUALITY = 92;

export function toSharp({ data, width, height }: Raster): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function toRaster(image: Sharp): Promise<Raster> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const jpeg = (image: Sharp, quality = QUALITY): Promise<Buffer> => image.jpeg({ quality }).toBuffer();
const resized = (base: Raster, by: number): Sharp => toSharp(base).resize(Math.max(1, Math.round(base.width * by)), Math.max(1, Math.round(base.height * by)), { fit: 'fill' });

function benign(name: string, make: Edit['make']): Edit { return { group: 'benign', name, make }; }

/** The same curve for all three channels, as editors have it. */
function tone(base: Raster, curve: (value: number) => number): Sharp {
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.max(0, Math.min(255, Math.round(255 * curve(value / 255)))));
  return toSharp({ ...base, data: Buffer.from(base.data.map((value) => table[value] ?? 0)) });
}

export function withNoise(base: Raster, sigma: number, random: () => number): Raster {
  const data = Buffer.from(base.data);
  for (let at = 0; at < data.length; at++) {
    const gauss = random() + random() + random() + random() - 2;
    data[at] = Math.max(0, Math.min(255, Math.round((data[at] ?? 0) + sigma * 1.73 * gauss)));
  }
  return { ...base, data };
}

function svg(base: Raster, body: string): { input: Buffer; left: number; top: number } {
  return { input: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${base.width}" height="${base.height}">${body}</svg>`), left: 0, top: 0 };
}

/** A mark about an eighth of the short side high, of two colours. */
function logo(base: Raster, random: () => number): Sharp {
  const side = Math.min(base.width, base.height) / 8;
  const [x, y] = [random() < 0.5 ? side * 0.3 : base.width - side * 1.3, random() < 0.5 ? side * 0.3 : base.height - side * 1.3];
  const [fill, ink] = random() < 0.5 ? ['#ffffff', '#c01530'] : ['#103060', '#f0d040'];
  return toSharp(base).composite([svg(base, `<g transform="translate(${x} ${y}) scale(${side / 100})"><rect width="100" height="100" rx="18" fill="${fill}"/><path d="M20 75 50 20 80 75Z" fill="${ink}"/><circle cx="50" cy="60" r="12" fill="${fill}"/></g>`)]);
}

/** A line of text along an edge, in one colour. */
function caption(base: Raster, random: () => number, opacity = 1): Sharp {
  const size = Math.min(base.width, base.height) / 18;
  const y = random() < 0.5 ? size * 1.4 : base.height - size * 0.6;
  return toSharp(base).composite([svg(base, `<text x="${size * 0.6}" y="${y}" font-family="sans-serif" font-size="${size}" fill="${random() < 0.5 ? '#fff' : '#e8c020'}" stroke="#222" stroke-width="${size / 30}" opacity="${opacity}">© 2024 Studio</text>`)]);
}

const BENIGN: readonly Edit[] = [
  ...[90, 70, 50, 30, 20, 10].map((quality) => benign(`JPEG ${quality}`, (base) => jpeg(toSharp(base), quality))),
  benign('WebP 50', (base) => toSharp(base).webp({ quality: 50, effort: 0 }).toBuffer()),
  benign('AVIF 45', (base) => toSharp(base).avif({ quality: 45, effort: 0 }).toBuffer()),
  benign('PNG 64 colours', (base) => toSharp(base).png({ palette: true, colours: 64, effort: 1 }).toBuffer()),
  ...[0.25, 0.33, 0.5, 0.75, 1.5, 2].map((by) => benign(`resize ${by * 100} %`, (base) => jpeg(resized(base, by)))),
  benign('brightness +20 %', (base) => jpeg(tone(base, (v) => v * 1.2))),
  benign('brightness −25 %', (base) => jpeg(tone(base, (v) => v * 0.75))),
  benign('brightness +30 levels', (base) => jpeg(tone(base, (v) => v + 30 / 255))),
  benign('contrast +30 %', (base) => jpeg(tone(base, (v) => (v - 0.5) * 1.3 + 0.5))),
  benign('contrast −30 %', (base) => jpeg(tone(base, (v) => (v - 0.5) * 0.7 + 0.5))),
  benign('gamma 0.7', (base) => jpeg(tone(base, (v) => v ** 0.7))),
  benign('gamma 1.4', (base) => jpeg(tone(base, (v) => v ** 1.4))),
  benign('blur 1 px', (base) => jpeg(toSharp(base).blur(1))),
  benign('blur 2 px', (base) => jpeg(toSharp(base).blur(2))),
  benign('sharpen', (base) => jpeg(toSharp(base).sharpen({ sigma: 1.2 }))),
  benign('noise 6', (base, random) => jpeg(toSharp(withNoise(base, 6, random)))),
  benign('noise 12', (base, random) => jpeg(toSharp(withNoise(base, 12, random)))),
  benign('logo', (base, random) => jpeg(logo(base, random))),
  benign('text', (base, random) => jpeg(caption(base, random))),
  benign('faint text', (base, random) => jpeg(caption(base, random, 0.5))),
];

const TURNS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  'rotate-90': (image) => image.rotate(90), 'rotate-180': (image) => image.rotate(180), 'rotate-270': (image) => image.rotate(270),
  'flip-horizontal': (image) => image.flop(), 'flip-vertical': (image) => image.flip(), transpose: (image) => image.flip().rotate(90), transverse: (image) => image.flop().rotate(90),
};

const turned = (name: string, quality: number): Edit => ({ group: 'turned', name: quality === QUALITY ? name : `${name}, JPEG ${quality}`, make: (base) => jpeg(TURNS[name]?.(toSharp(base)) ?? toSharp(base), quality) });

type Sides = readonly [top: number, right: number, bottom: number, left: number];

function border(name: string, sides: Sides, background: string, quality = QUALITY): Edit {
  return {
    group: 'border', name,
    make: (base) => {
      const unit = Math.min(base.width, base.height);
      const [top = 0, right = 0, bottom = 0, left = 0] = sides.map((side) => Math.round(side * unit));
      return jpeg(toSharp(base).extend({ top, right, bottom, left, background }), quality);
    },
  };
}

/** As television shows upright videos: on an enlarged, blurred copy of itself. */
async function blurredLetterbox(base: Raster): Promise<Buffer> {
  const isWide = base.width >= base.height;
  const [width, height] = isWide ? [base.width, Math.round(base.width * 0.95)] : [Math.round(base.height * 1.15), base.height];
  const back = await toSharp(base).resize(width, height, { fit: 'cover' }).blur(18).modulate({ brightness: 0.8 }).raw().toBuffer();
  const [left, top] = [Math.round((width - base.width) / 2), Math.max(0, Math.round((height - base.height) / 2))];
  const front = await toSharp(base).resize(Math.min(base.width, width), Math.min(base.height, height), { fit: 'fill' }).png().toBuffer();
  return jpeg(toSharp({ data: back, width, height }).composite([{ input: front, left: Math.max(0, left), top }]));
}

/** A window of the picture: its share of each side, and where it lies, 0–1. */
function cut(base: Raster, across: number, down: number, x: number, y: number): Sharp {
  const [width, height] = [Math.round(base.width * across), Math.round(base.height * down)];
  return toSharp(base).extract({ left: Math.round((base.width - width) * x), top: Math.round((base.height - height) * y), width, height });
}

const centre = (share: number): Edit => ({ group: 'centre crop', name: `${Math.round(share * 100)} % of each side`, make: (base) => jpeg(cut(base, share, share, 0.5, 0.5)) });

/** Of a share of the area, anywhere, with sides up to a tenth off the original's proportion. */
const offCentre = (area: number): Edit => ({
  group: 'off-centre crop', name: `${area * 100} % of the area`,
  make: (base, random) => {
    const stretch = Math.max(Math.sqrt(area), Math.min(1 / Math.sqrt(area), 0.9 + 0.2 * random()));
    return jpeg(cut(base, Math.min(1, Math.sqrt(area) * stretch), Math.min(1, Math.sqrt(area) / stretch), random(), random()));
  },
});

const combined = (name: string, make: Edit['make']): Edit => ({ group: 'combined', name, make });

const COMBINED: readonly Edit[] = [
  combined('resize 50 %, JPEG 50, crop to 96 %', async (base) => jpeg(resized(await toRaster(cut(base, 0.96, 0.96, 0.5, 0.5)), 0.5), 50)),
  combined('rotate-90, resize 60 %, JPEG 40', async (base) => jpeg(toSharp(await toRaster(resized(base, 0.6))).rotate(90), 40)),
  combined('brightness +15 %, resize 40 %, JPEG 60', async (base) => jpeg(resized(await toRaster(tone(base, (v) => v * 1.15)), 0.4), 60)),
  combined('logo, resize 70 %, JPEG 60', async (base, random) => jpeg(resized(await toRaster(toSharp(await toRaster(sharp(await logo(base, random).png().toBuffer())))), 0.7), 60)),
  combined('white border, resize 50 %, JPEG 60', async (base) => jpeg(resized(await toRaster(sharp(await toSharp(base).extend({ top: 40, bottom: 40, left: 40, right: 40, background: '#fff' }).png().toBuffer())), 0.5), 60)),
  combined('mirror, crop to 90 %', async (base) => jpeg(toSharp(await toRaster(cut(base, 0.9, 0.9, 0.5, 0.5))).flop(), 80)),
];

export const EDITS: readonly Edit[] = [
  ...BENIGN,
  ...Object.keys(TURNS).map((name) => turned(name, QUALITY)),
  turned('rotate-90', 50), turned('flip-horizontal', 50),
  border('white 2 %', [0.02, 0.02, 0.02, 0.02], '#fff'), border('white 10 %', [0.1, 0.1, 0.1, 0.1], '#fff'), border('black letterbox 15 %', [0.15, 0, 0.15, 0], '#000'),
  border('black pillars 30 %', [0, 0.3, 0, 0.3], '#000'), border('coloured 6 %', [0.06, 0.06, 0.06, 0.06], '#a05028'), border('grey, uneven', [0.05, 0.2, 0.12, 0.01], '#808080', 70), border('white foot', [0, 0, 0.18, 0], '#fff'),
  { group: 'border', name: 'blurred letterbox', make: blurredLetterbox },
  ...[0.95, 0.9, 0.85, 0.8, 0.7].map(centre),
  ...[0.9, 0.8, 0.7, 0.6, 0.5].map(offCentre),
  ...COMBINED,
];

/**
 * The next frame of a burst: the camera has moved a little and turned by a fraction of a degree, something in the
 * scene has moved, and the sensor's noise is another.
 */
export function nextFrame(base: Raster, seed: number, strength: number): Raster {
  const random = createRandom(seed);
  const { width, height, data } = base;
  const [dx, dy, turn] = [(random() - 0.5) * 0.02 * strength * width, (random() - 0.5) * 0.02 * strength * width, (random() - 0.5) * 0.012 * strength];
  const moved = Array.from({ length: 3 }, () => ({ x: random() * width, y: random() * height, radius: (0.08 + 0.1 * random()) * width, dx: (random() - 0.5) * 0.05 * strength * width, dy: (random() - 0.5) * 0.05 * strength * width }));
  const output = Buffer.alloc(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      let [fromX, fromY] = [x + dx - turn * (y - height / 2), y + dy + turn * (x - width / 2)];
      for (const thing of moved) {
        const near = 1 - ((x - thing.x) ** 2 + (y - thing.y) ** 2) / thing.radius ** 2;
        if (near > 0) { fromX += thing.dx * near; fromY += thing.dy * near; }
      }
      const [left, top] = [Math.max(0, Math.min(width - 2, Math.floor(fromX))), Math.max(0, Math.min(height - 2, Math.floor(fromY)))];
      const [u, v] = [Math.max(0, Math.min(1, fromX - left)), Math.max(0, Math.min(1, fromY - top))];
      for (let channel = 0; channel < 3; channel++) {
        const pixel = (ox: number, oy: number): number => data[((top + oy) * width + left + ox) * 3 + channel] ?? 0;
        output[at + channel] = pixel(0, 0) * (1 - u) * (1 - v) + pixel(1, 0) * u * (1 - v) + pixel(0, 1) * (1 - u) * v + pixel(1, 1) * u * v;
      }
    }
  }
  return withNoise({ data: output, width, height }, 4, random);
}

/** One thing in the picture in another colour, its brightness kept. */
export function recolour(base: Raster, seed: number, degrees: number): Raster {
  const random = createRandom(seed);
  const { width, height } = base;
  const [cx, cy, radius] = [(0.3 + 0.4 * random()) * width, (0.3 + 0.4 * random()) * height, (0.15 + 0.1 * random()) * width];
  const data = Buffer.from(base.data);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      if ((x - cx) ** 2 + (y - cy) ** 2 > radius ** 2) continue;
      const [red, green, blue] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
      const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
      const [cb, cr] = [(blue - luma) * 0.564, (red - luma) * 0.713];
      const [turnedB, turnedR] = [cb * cos - cr * sin, cb * sin + cr * cos];
      const values = [luma + 1.402 * turnedR, luma - 0.344 * turnedB - 0.714 * turnedR, luma + 1.772 * turnedB];
      for (const [channel, value] of values.entries()) data[at + channel] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return { ...base, data };
}
