import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

const windowStateSchema = z.object({ x: z.int(), y: z.int(), width: z.int().min(100).max(100_000), height: z.int().min(100).max(100_000), maximized: z.boolean() });
export type WindowState = z.infer<typeof windowStateSchema>;

export interface Bounds { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** How much of a window must lie on a display to be found and moved by its title bar. */
const REACHABLE = { width: 160, height: 80 };

/** What the last window left behind; undefined on the first start and when the file does not make sense. */
export function loadWindowState(file: string): WindowState | undefined {
  try {
    return windowStateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // the default placement is as good as any
  }
}

/** Best effort: a window that cannot remember its place still has to close. */
export function saveWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(file, JSON.stringify(state));
  } catch {
    // a full disk or a read-only profile: the next window opens at the default place
  }
}

/** The remembered bounds, cut to the display they are mostly on; undefined when that display is gone. */
export function visibleBounds(bounds: Bounds, displays: readonly Bounds[]): Bounds | undefined {
  const overlaps = displays.map((display) => ({ display, ...overlap(bounds, display) }));
  const best = overlaps.toSorted((a, b) => b.width * b.height - a.width * a.height)[0];
  if (best === undefined || best.width < REACHABLE.width || best.height < REACHABLE.height) return undefined;
  const { display } = best;
  const width = Math.min(bounds.width, display.width);
  const height = Math.min(bounds.height, display.height);
  return {
    x: clamp(bounds.x, display.x, display.x + display.width - width),
    y: clamp(bounds.y, display.y, display.y + display.height - height),
    width,
    height,
  };
}

function overlap(a: Bounds, b: Bounds): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
