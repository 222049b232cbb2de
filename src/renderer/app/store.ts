import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { createContext, useContext } from 'react';
import type { Level, RemovalMode, Sort } from '../../contract/index.ts';
import { CLEANUP_START, type CleanupPlace } from '../cleanup/place.ts';
import type { Act } from '../cleanup/acts.ts';
import { createDecisionQueue, type DecisionQueue } from '../cleanup/decision-queue.ts';
import { EMPTY_SELECTION, type Selection } from '../library/selection.ts';
import type { Language } from '../i18n/setup.ts';

export type Screen = 'home' | 'import' | 'library' | 'compare' | 'cleanup' | 'batches' | 'settings';
export type Theme = 'system' | 'light' | 'dark';

/** What is about to be imported, before it has been reviewed. */
export interface PendingImport {
  readonly paths: readonly string[];
  /** True for uploaded copies, which only exist in the workspace. */
  readonly mustCopy: boolean;
  /** What uploaded files are called; their folder has a meaningless name. */
  readonly name?: string;
}

/** How this window looks at the catalog. Nothing the engine knows is kept here. */
export interface AppState extends Preferences {
  readonly screen: Screen;
  readonly pendingImport: PendingImport | null;
  readonly filter: string;
  /** The rank that has the keyboard, in the open view. */
  readonly focusedRank: number;
  readonly anchorRank: number;
  /** The rank one went to while nothing was selected: Ctrl-click on another selects it as well. Null after a selection was dropped. */
  readonly chosenRank: number | null;
  readonly selection: Selection;
  readonly loupeOpen: boolean;
  /** False once the grid has been scrolled. */
  readonly atTop: boolean;
  /** The batch shown on the batches screen. */
  readonly batchId: number | null;
  /** The images on the compare screen, by asset. */
  readonly comparing: readonly number[];
  /** Where one is on the cleanup screen. */
  readonly cleanup: CleanupPlace;
  /** What can be taken back, oldest first. */
  readonly acts: readonly Act[];
  /** Decisions on their way to the engine. */
  readonly decisions: DecisionQueue;
  readonly overlay: 'palette' | 'shortcuts' | 'pick-folder' | 'pick-protected' | 'pick-list' | 'pick-files' | null;
  readonly set: (part: Partial<AppState>) => void;
}

/** Kept from one session to the next. */
export interface Preferences {
  readonly theme: Theme;
  readonly language: Language | 'system';
  readonly cellSize: number;
  readonly sort: Sort;
  readonly sidebarOpen: boolean;
  readonly inspectorOpen: boolean;
  readonly level: Level;
  readonly rulesOpen: boolean;
  /** Width of a member on the cleanup screen, in pixels. */
  readonly tileWidth: number;
  readonly removalMode: RemovalMode;
  readonly mergeMetadata: boolean;
}

export type AppStore = UseBoundStore<StoreApi<AppState>>;

const DEFAULTS: Preferences = {
  theme: 'system', language: 'system', cellSize: 144, sort: { key: 'added', direction: 'descending' }, sidebarOpen: true, inspectorOpen: true,
  level: 'similar', rulesOpen: true, tileWidth: 208, removalMode: 'quarantine', mergeMetadata: true,
};
const STORAGE_KEY = 'proofsheet.preferences';

/** `roomy` says whether the window has space for the inspector before the user has said whether they want it. */
export function createAppStore(storage: Storage, roomy: boolean): AppStore {
  const store: AppStore = create<AppState>((set) => ({
    ...DEFAULTS, inspectorOpen: roomy, rulesOpen: roomy, ...readPreferences(storage),
    screen: 'library', pendingImport: null, filter: '', focusedRank: 0, anchorRank: 0, chosenRank: null, selection: EMPTY_SELECTION, loupeOpen: false, atTop: true,
    batchId: null, comparing: [], cleanup: CLEANUP_START, acts: [], decisions: createDecisionQueue(), overlay: null,
    set,
  }));
  store.subscribe((state) => {
    const { theme, language, cellSize, sort, sidebarOpen, inspectorOpen, level, rulesOpen, tileWidth, removalMode, mergeMetadata } = state;
    storage.setItem(STORAGE_KEY, JSON.stringify({ theme, language, cellSize, sort, sidebarOpen, inspectorOpen, level, rulesOpen, tileWidth, removalMode, mergeMetadata } satisfies Preferences));
  });
  return store;
}

export const StoreContext = createContext<AppStore | null>(null);

export function useAppStore(): AppStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error('The store is used outside its provider.');
  return store;
}

/** One part of the state; the component is drawn again only when it changes. */
export function useAppState<Part>(select: (state: AppState) => Part): Part {
  return useAppStore()(select);
}

export function useSet(): AppState['set'] {
  return useAppState((state) => state.set);
}

function readPreferences(storage: Storage): Partial<Preferences> {
  try {
    return JSON.parse(storage.getItem(STORAGE_KEY) ?? '{}') as Partial<Preferences>;
  } catch {
    // Written by something else: the defaults are as good as anything in it.
    return {};
  }
}
