/** Generated pictures of many kinds, each a function of its seed and of what its near relatives change. */

export interface Raster { readonly data: Buffer; readonly width: number; readonly height: number }

export const KINDS = ['landscape', 'spheres', 'ring', 'document', 'screenshot', 'texture', 'chart', 'bokeh'] as const;
export type SceneKind = (typeof KINDS)[number];

/** What is different in a near relative that is no duplicate. */
export interface Change {
  /** Ring: another metal. */
  readonly metal?: Metal;
  /** Ring: another stone, by its number. */
  readonly stone?: number;
  /** Ring: another engraving, by its number. */
  readonly engraving?: number;
  /** Document, screenshot: other words in so many places. */
  readonly words?: number;
  /** Spheres: how far things have moved, in widths. */
  readonly motion?: number;
}

export const METALS = {
  yellow: [0.94, 0.76, 0.36], rose: [0.91, 0.66, 0.53], white: [0.86, 0.86, 0.85], silver: [0.78, 0.79, 0.82], copper: [0.85, 0.5, 0.34],
} as const satisfies Record<string, Color>;
export type Metal = keyof typeof METALS;

export function drawScene(kind: SceneKind, seed: number, change: Change = {}): Raster {
  const random = createRandom(seed * 7919 + KINDS.indexOf(kind) * 104_729 + 1);
  switch (kind) {
    case 'landscape': return landscape(random);
    case 'spheres': return spheres(random, change);
    case 'ring': return ring(random, change);
    case 'document': return document(random, change);
    case 'screenshot': return screenshot(random, change);
    case 'texture': return texture(random);
    case 'chart': return chart(random);
    case 'bokeh': return bokeh(random);
  }
}

/** Numbers 0–1 that are the same in every run. */
export function createRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Color = readonly [number, number, number];
type Random = () => number;

/** From a function of the place, in widths of the picture, to colours 0–1. */
function paint(width: number, height: number, color: (x: number, y: number) => Color): Raster {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const [red, green, blue] = color((x + 0.5) / width, (y + 0.5) / width);
      data[at] = level(red);
      data[at + 1] = level(green);
      data[at + 2] = level(blue);
    }
  }
  return { data, width, height };
}

const level = (value: number): number => Math.max(0, Math.min(255, Math.round(value * 255)));
const mix = (a: Color, b: Color, share: number): Color => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
const scale = (color: Color, by: number): Color => [color[0] * by, color[1] * by, color[2] * by];
const someColor = (random: Random): Color => [0.1 + 0.85 * random(), 0.1 + 0.85 * random(), 0.1 + 0.85 * random()];
const clamp = (value: number): number => Math.max(0, Math.min(1, value));
const smooth = (from: number, to: number, value: number): number => { const t = clamp((value - from) / (to - from)); return t * t * (3 - 2 * t); };

/** Landscape or portrait, of a usual proportion. */
function someSize(random: Random): readonly [number, number] {
  const [long, short] = ([[960, 640], [960, 720], [900, 900], [960, 540]] as const)[Math.floor(random() * 4)] ?? [960, 720];
  return random() < 0.3 ? [short, long] : [long, short];
}

/** Smooth noise 0–1 of several octaves. */
function createNoise(random: Random): (x: number, y: number, octaves?: number) => number {
  const SIZE = 256;
  const lattice = Float32Array.from({ length: SIZE * SIZE }, random);
  const single = (x: number, y: number): number => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [x - left, y - top];
    const [s, t] = [u * u * (3 - 2 * u), v * v * (3 - 2 * v)];
    const corner = (dx: number, dy: number): number => lattice[((top + dy) & 255) * SIZE + ((left + dx) & 255)] ?? 0;
    const upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * s;
    return upper + (corner(0, 1) + (corner(1, 1) - corner(0, 1)) * s - upper) * t;
  };
  return (x, y, octaves = 5) => {
    let [sum, weight, total] = [0, 1, 0];
    for (let octave = 0; octave < octaves; octave++) {
      sum += weight * single(x * 2 ** octave + 17 * octave, y * 2 ** octave + 31 * octave);
      total += weight;
      weight *= 0.55;
    }
    return sum / total;
  };
}

function landscape(random: Random): Raster {
  const [width, height] = someSize(random);
  const tall = height / width;
  const noise = createNoise(random);
  const [top, low] = [mix([0.2, 0.4, 0.8], someColor(random), 0.4), mix([0.9, 0.8, 0.7], someColor(random), 0.3)];
  const ridges = Array.from({ length: 3 + Math.floor(random() * 3) }, (_, index) => ({
    base: tall * (0.35 + 0.14 * index + 0.06 * random()), rise: tall * (0.35 - 0.05 * index), pace: 1.5 + 2 * random() + index, shift: random() * 99, color: scale(someColor(random), 0.35 + 0.5 * random()),
  }));
  const sun = { x: random(), y: tall * 0.3 * random(), size: 0.02 + 0.05 * random() };
  return paint(width, height, (x, y) => {
    let color = mix(top, low, clamp(y / tall / 0.6));
    color = mix(color, [1, 1, 1], 0.8 * smooth(0.5, 0.75, noise(x * 5, y * 9)));
    color = mix(color, [1, 0.96, 0.85], smooth(sun.size * 1.6, sun.size, Math.hypot(x - sun.x, y - sun.y)));
    for (const { base, rise, pace, shift, color: ground } of ridges) {
      const edge = base - rise * (noise(x * pace + shift, shift, 6) - 0.4);
      if (y > edge) color = scale(ground, 0.55 + 0.9 * noise(x * 40 + shift, y * 60, 4) * (1 - 0.4 * smooth(edge, edge + 0.1, y)));
    }
    return color;
  });
}

function spheres(random: Random, { motion = 0 }: Change): Raster {
  const [width, height] = someSize(random);
  const tall = height / width;
  const noise = createNoise(random);
  const balls = Array.from({ length: 5 + Math.floor(random() * 14) }, () => ({
    x: random(), y: tall * (0.2 + 0.75 * random()), radius: 0.03 + 0.11 * random(), color: someColor(random), pattern: random() < 0.4 ? 6 + 14 * random() : 0, turn: random() * 6, way: random() * 6.3,
  })).map((ball) => ({ ...ball, x: ball.x + motion * Math.cos(ball.way), y: ball.y + motion * Math.sin(ball.way) })).sort((a, b) => a.y - b.y);
  const [floor, tile, wall] = [someColor(random), someColor(random), someColor(random)];
  const horizon = tall * (0.15 + 0.3 * random());
  const light: Color = [-0.5 + random(), -0.7, 0.5];
  const tiles = 4 + 6 * random();
  return paint(width, height, (x, y) => {
    let color: Color;
    if (y < horizon) color = scale(wall, 0.5 + 0.4 * noise(x * 6, y * 6));
    else {
      const depth = 0.25 / (y - horizon + 0.06);
      const isTile = (Math.floor((x - 0.5) * depth * tiles + 50) + Math.floor(depth * tiles)) % 2 === 0;
      color = scale(isTile ? floor : tile, 0.5 + 0.5 * noise(x * 30 * depth, depth * 30, 3));
    }
    for (const ball of balls) {
      const [dx, dy] = [(x - ball.x) / ball.radius, (y - ball.y) / ball.radius];
      const shade = Math.hypot(dx - 0.3, (dy - 1) * 3);
      if (shade < 1) color = scale(color, 0.45 + 0.55 * shade);
      const square = dx * dx + dy * dy;
      if (square >= 1) continue;
      const up = Math.sqrt(1 - square);
      const lit = clamp(0.25 + 0.75 * (dx * light[0] + dy * light[1] + up * light[2]));
      const stripe = ball.pattern > 0 && Math.sin(ball.pattern * (dx * Math.cos(ball.turn) + dy * Math.sin(ball.turn)) + 2 * up) > 0.2 ? 0.45 : 1;
      const shine = clamp(dx * light[0] + dy * light[1] + up * 0.8) ** 24;
      color = mix(scale(ball.color, lit * stripe), [1, 1, 1], shine);
    }
    return color;
  });
}

/** A ring with a stone on white paper, as a shop shows it. The pose depends on the seed, what is changed does not. */
function ring(random: Random, change: Change): Raster {
  const [width, height] = random() < 0.6 ? [900, 900] : [960, 720];
  const tall = height / width;
  const noise = createNoise(random);
  const metals = Object.keys(METALS) as Metal[];
  const own = metals[Math.floor(random() * metals.length)] ?? 'yellow';
  const metal = METALS[change.metal ?? own];
  const [cx, cy, radius] = [0.5 + 0.08 * (random() - 0.5), tall * (0.54 + 0.06 * random()), tall * (0.2 + 0.12 * random())];
  const [flat, lean, band] = [0.55 + 0.45 * random(), random() - 0.5, 0.1 + 0.1 * random()];
  const [stoneSize, sparkle] = [radius * (0.2 + 0.25 * random()), random() * 99];
  const paper = 0.95 + 0.05 * random();
  const looks = [random(), random(), random()];
  const stoneRandom = createRandom((change.stone ?? 0) * 977 + Math.floor((looks[0] ?? 0) * 1e6));
  const [stoneColor, facets, stoneTurn] = [someColor(stoneRandom), 5 + Math.floor(stoneRandom() * 6), stoneRandom() * 6];
  const engraved = createGlyphs(createRandom((change.engraving ?? 0) * 613 + Math.floor((looks[1] ?? 0) * 1e6)));
  const [leanCos, leanSin] = [Math.cos(lean), Math.sin(lean)];
  return paint(width, height, (px, py) => {
    const [ax, ay] = [px - cx, py - cy];
    const [x, y] = [(ax * leanCos + ay * leanSin) / radius, (ay * leanCos - ax * leanSin) / radius / flat];
    const shadow = Math.exp(-((((px - cx) / radius / 1.3) ** 2 + ((py - cy - radius * flat * 1.02) / radius / 0.18) ** 2) * 1.5));
    let color: Color = scale([1, 1, 1], paper * (1 - 0.35 * shadow) - 0.03 * (Math.hypot(ax, ay)));
    const distance = Math.hypot(x, y);
    const across = (distance - 1) / band;
    if (Math.abs(across) < 1) {
      const angle = Math.atan2(y, x);
      const gloss = 0.5 + 0.5 * Math.sin(angle * 3 + across * 2.4 + sparkle) * Math.cos(angle * 2 - across);
      const base = scale(metal, 0.35 + 0.75 * gloss * Math.sqrt(1 - across * across) + 0.1 * noise(angle * 6 + 40, across * 3 + 9));
      color = mix(base, [1, 1, 1], smooth(0.86, 1, gloss) * 0.7);
      const [u, v] = [(angle - 0.9) * 11, (across + 0.6) / 1.2];
      if (u > 0 && u < 9 && v > 0 && v < 1 && engraved(u, v)) color = scale(color, 0.4);
    }
    const [sx, sy] = [(ax + leanSin * radius * -1) / stoneSize, (ay + leanCos * radius * flat) / stoneSize];
    const angle = Math.atan2(sy, sx) + stoneTurn;
    const wedge = Math.floor((angle / Math.PI / 2 + 1) * facets);
    const rim = Math.hypot(sx, sy);
    if (rim < 1) {
      const ringOf = rim < 0.55 ? 0 : 1;
      const lit = 0.35 + 0.65 * Math.abs(Math.sin(wedge * 2.4 + ringOf * 1.7 + sparkle));
      color = mix(scale(stoneColor, lit), [1, 1, 1], lit > 0.93 ? 0.6 : 0.12);
    }
    return color;
  });
}

/** Letters of an alphabet of its own, five by seven, one in each unit of u. */
function createGlyphs(random: Random): (u: number, v: number) => boolean {
  const letters = Array.from({ length: 64 }, () => someGlyph(random));
  return (u, v) => {
    const letter = letters[Math.floor(u) & 63];
    const [x, y] = [Math.floor((u - Math.floor(u)) * 6.5), Math.floor(v * 7)];
    return x < 5 && letter?.[y * 5 + x] === true;
  };
}

/** Strokes that join points of a grid, as letters do. */
function someGlyph(random: Random): readonly boolean[] {
  const cells = Array.from({ length: 35 }, () => false);
  for (let stroke = 0; stroke < 3; stroke++) {
    const [x, y] = [Math.floor(random() * 3) * 2, Math.floor(random() * 3) * 3];
    const isDown = random() < 0.5;
    const length = isDown ? 7 - y : 5 - x;
    for (let step = 0; step < length; step++) cells[isDown ? (y + step) * 5 + x : y * 5 + x + step] = true;
  }
  return cells;
}

interface Line { readonly x: number; readonly y: number; readonly size: number; readonly glyphs: (u: number, v: number) => boolean; readonly letters: readonly boolean[]; readonly color: Color }

/** A line of words; `other` puts another word at its place. */
function someLine(random: Random, x: number, y: number, size: number, length: number, color: Color, other: boolean, alphabet: Random): Line {
  const count = Math.floor(length / size / 0.75);
  const letters = Array.from({ length: count }, () => random() > 0.17);
  const first = createGlyphs(alphabet);
  const salt = Math.floor(random() * 1e6);
  const second = other ? createGlyphs(createRandom(salt)) : first;
  const [from, to] = [Math.floor(count * 0.3), Math.floor(count * 0.3) + 7];
  return { x, y, size, color, letters, glyphs: (u, v) => (u >= from && u < to ? second : first)(u, v) };
}

function createText(lines: readonly Line[], height: number): (x: number, y: number) => Color | null {
  const rows = 400;
  const byRow = Array.from({ length: rows }, () => [] as Line[]);
  for (const line of lines) {
    for (let row = Math.floor((line.y / height) * rows); row <= Math.min(rows - 1, ((line.y + line.size) / height) * rows); row++) byRow[row]?.push(line);
  }
  return (x, y) => {
    for (const line of byRow[Math.floor((y / height) * rows)] ?? []) {
      const [u, v] = [(x - line.x) / line.size / 0.75, (y - line.y) / line.size];
      if (u >= 0 && v >= 0 && v < 1 && line.letters[Math.floor(u)] === true && line.glyphs(u, v)) return line.color;
    }
    return null;
  };
}

function document(random: Random, { words = 0 }: Change): Raster {
  const [width, height] = [760, 1000];
  const tall = height / width;
  const [size, margin, left] = [0.011 + 0.01 * random(), 0.1, random() < 0.4];
  const ink: Color = scale([1, 1, 1], 0.25 * random());
  const paper = mix([1, 1, 1], someColor(random), 0.06);
  const count = Math.floor((tall - 2 * margin) / size / 1.7);
  const gap = Math.floor(count * (0.3 + 0.4 * random()));
  const alphabet = Math.floor(random() * 1e6);
  const lines = Array.from({ length: count }, (_, index) => {
    const isHead = index === 0 || index === gap + 1;
    const length = (1 - 2 * margin) * (left ? 0.6 + 0.4 * random() : random() < 0.15 ? 0.5 : 1);
    const other = words > 0 && index % Math.max(1, Math.floor(count / (words + 1))) === 2;
    return { isSkipped: index === gap, line: someLine(random, margin, margin + index * size * 1.7, isHead ? size * 1.5 : size, isHead ? 0.4 : length, ink, other, createRandom(alphabet + index)) };
  }).filter(({ isSkipped }) => !isSkipped).map(({ line }) => line);
  const text = createText(lines, tall);
  const stamp = { x: 0.6 + 0.3 * random(), y: tall * 0.9, color: someColor(random) };
  return paint(width, height, (x, y) => {
    if (Math.abs(Math.hypot(x - stamp.x, y - stamp.y) - 0.05) < 0.004) return stamp.color;
    return text(x, y) ?? paper;
  });
}

function screenshot(random: Random, { words = 0 }: Change): Raster {
  const [width, height] = [1000, 640];
  const tall = height / width;
  const dark = random() < 0.4;
  const [back, ink, accent, side] = [dark ? 0.14 : 0.97, dark ? 0.85 : 0.15, someColor(random), 0.14 + 0.12 * random()];
  const size = 0.012 + 0.006 * random();
  const cards = Array.from({ length: 2 + Math.floor(random() * 5) }, () => ({ x: side + 0.03 + random() * 0.6, y: 0.08 + random() * 0.4, w: 0.1 + random() * 0.25, h: 0.05 + random() * 0.12, color: someColor(random), noise: createNoise(random) }));
  const alphabet = Math.floor(random() * 1e6);
  const column = (x: number, from: number, length: number, step: number, salt: number) => Array.from({ length: Math.floor((tall - from) / step) }, (_, index) =>
    someLine(random, x, from + index * step, size, length * (0.4 + 0.6 * random()), scale([1, 1, 1], ink), words > 0 && salt === 1 && index % 9 === 3 && index < words * 9, createRandom(alphabet + salt * 100 + index)));
  const text = createText([...column(0.015, 0.08, side - 0.03, 0.04, 0), ...column(side + 0.02, 0.07, 0.6, 0.028, 1)], tall);
  return paint(width, height, (x, y) => {
    if (y < 0.04) return accent;
    for (const card of cards) {
      const [u, v] = [(x - card.x) / card.w, (y - card.y) / card.h];
      if (u > 0 && u < 1 && v > 0 && v < 1) return scale(card.color, 0.5 + 0.5 * card.noise(u * 4, v * 4));
    }
    return text(x, y) ?? scale([1, 1, 1], x < side ? back * 0.93 : back);
  });
}

function texture(random: Random): Raster {
  const [width, height] = someSize(random);
  const noise = createNoise(random);
  const kind = Math.floor(random() * 4);
  const [one, two] = [someColor(random), someColor(random)];
  const [pace, turn] = [6 + 14 * random(), random() * 3];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return paint(width, height, (px, py) => {
    const [x, y] = [px * cos + py * sin, py * cos - px * sin];
    const rough = noise(px * 30, py * 30);
    if (kind === 0) return mix(one, two, 0.5 + 0.5 * Math.sin(pace * (y * 4 + 2 * noise(x * 3, y * 3)) + 9 * noise(x * 6, y * 2)));
    if (kind === 1) {
      const row = Math.floor(y * pace + 40);
      const [u, v] = [(x * pace * 0.5 + (row % 2) * 0.5) % 1, (y * pace + 40) % 1];
      const isGap = Math.abs(u) < 0.06 || v < 0.12;
      return isGap ? scale(two, 0.6 + 0.4 * rough) : scale(one, 0.4 + 0.5 * rough + 0.4 * noise(Math.floor(x * pace * 0.5 + (row % 2) * 0.5) * 7 + 90, row * 3, 1));
    }
    if (kind === 2) return mix(one, two, smooth(0.35, 0.65, noise(x * pace * 0.5, y * pace * 0.5, 6)));
    const weave = Math.sin(x * pace * 8) * Math.sin(y * pace * 8);
    return scale(mix(one, two, smooth(-0.2, 0.2, weave + 2 * noise(x * 5, y * 5) - 1)), 0.6 + 0.5 * rough);
  });
}

function chart(random: Random): Raster {
  const [width, height] = [960, 640];
  const series = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({ color: someColor(random), noise: createNoise(random), pace: 2 + 6 * random() }));
  const bars = random() < 0.5 ? Array.from({ length: 5 + Math.floor(random() * 9) }, () => random() * 0.45) : null;
  const back: Color = random() < 0.7 ? [1, 1, 1] : [0.12, 0.13, 0.16];
  const axis: Color = scale([1, 1, 1], back[0] > 0.5 ? 0.3 : 0.8);
  const labels = createText([someLine(random, 0.2, 0.03, 0.025, 0.6, axis, false, random), someLine(random, 0.1, 0.62, 0.014, 0.8, axis, false, random)], height / width);
  return paint(width, height, (x, y) => {
    const label = labels(x, y);
    if (label) return label;
    if (x < 0.08 || x > 0.95 || y < 0.08 || y > 0.6) return back;
    if (x < 0.083 || y > 0.597) return axis;
    for (const { color, noise, pace } of series) if (Math.abs(y - (0.1 + 0.45 * noise(x * pace, 3))) < 0.004) return color;
    if (bars) {
      const place = ((x - 0.083) / 0.867) * bars.length;
      if (place % 1 > 0.25 && 0.597 - y < (bars[Math.floor(place)] ?? 0)) return series[0]?.color ?? axis;
    }
    return (y * 8) % 0.5 < 0.012 ? mix(back, axis, 0.25) : back;
  });
}

function bokeh(random: Random): Raster {
  const [width, height] = someSize(random);
  const tall = height / width;
  const noise = createNoise(random);
  const [far, near] = [scale(someColor(random), 0.5), scale(someColor(random), 0.6)];
  const lights = Array.from({ length: 14 + Math.floor(random() * 25) }, () => ({ x: random(), y: random() * tall, r: 0.02 + 0.07 * random(), color: someColor(random), glow: 0.2 + 0.6 * random() }));
  const leaves = Array.from({ length: 3 + Math.floor(random() * 7) }, () => ({ x: random(), y: random() * tall, long: 0.1 + 0.2 * random(), wide: 0.02 + 0.06 * random(), turn: random() * 6.3, color: someColor(random) }));
  return paint(width, height, (x, y) => {
    let color = mix(far, near, noise(x * 2, y * 2, 2));
    for (const { x: cx, y: cy, r, color: lamp, glow } of lights) {
      const distance = Math.hypot(x - cx, y - cy);
      if (distance < r) color = mix(color, lamp, glow * smooth(r, r * 0.9, distance));
    }
    for (const leaf of leaves) {
      const [dx, dy] = [x - leaf.x, y - leaf.y];
      const [u, v] = [(dx * Math.cos(leaf.turn) + dy * Math.sin(leaf.turn)) / leaf.long, (dy * Math.cos(leaf.turn) - dx * Math.sin(leaf.turn)) / leaf.wide];
      if (Math.abs(u) < 1 && Math.abs(v) < 1 - u * u) {
        const vein = Math.min(Math.abs(v) * 8, Math.abs(Math.sin(u * 22 + Math.abs(v) * 5)) * 2.5);
        color = scale(leaf.color, 0.35 + 0.3 * clamp(vein) + 0.5 * noise(x * 60, y * 60, 3));
      }
    }
    return color;
  });
}
