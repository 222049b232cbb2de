export interface KeyBinding {
  /** `KeyboardEvent.code`: the place of the key, whatever is printed on it. */
  readonly code: string;
  readonly mod?: boolean;
  readonly shift?: boolean;
  /** A character that means the same wherever the layout has it, such as `?`. */
  readonly character?: string;
}

export const ACTION_GROUPS = ['navigate', 'import', 'view', 'selection', 'loupe', 'compare', 'cleanup', 'general'] as const;
export type ActionGroup = (typeof ACTION_GROUPS)[number];

interface ActionDefinition {
  readonly group: ActionGroup;
  readonly key: KeyBinding;
  /** Left out of the cheat sheet where it cannot exist. */
  readonly desktopOnly?: boolean;
  /** Goes on while its key is held: movement and zoom. Everything else happens once a press, so that nothing is decided unseen. */
  readonly repeats?: boolean;
}

/** Every action there is, once: for the window's keyboard, toolbars and palette, and for the desktop's menus. */
export const ACTIONS = {
  'go-home': { group: 'navigate', key: { code: 'KeyH' } },
  'go-library': { group: 'navigate', key: { code: 'KeyG' } },
  'go-cleanup': { group: 'navigate', key: { code: 'KeyU' } },
  'go-batches': { group: 'navigate', key: { code: 'KeyB' } },
  'go-settings': { group: 'navigate', key: { code: 'Comma', mod: true } },
  'add-folder': { group: 'import', key: { code: 'KeyO', mod: true } },
  'add-files': { group: 'import', key: { code: 'KeyO', mod: true, shift: true } },
  'add-list': { group: 'import', key: { code: 'KeyL', mod: true, shift: true } },
  'find': { group: 'view', key: { code: 'KeyF', mod: true } },
  'clear-filter': { group: 'view', key: { code: 'Backspace', mod: true } },
  'toggle-sidebar': { group: 'view', key: { code: 'Backslash' } },
  'toggle-inspector': { group: 'view', key: { code: 'KeyI' } },
  'larger': { group: 'view', key: { code: 'Equal', character: '+' }, repeats: true },
  'smaller': { group: 'view', key: { code: 'Minus', character: '-' }, repeats: true },
  'refresh-view': { group: 'view', key: { code: 'KeyR', shift: true } },
  'select-all': { group: 'selection', key: { code: 'KeyA', mod: true } },
  'select-none': { group: 'selection', key: { code: 'KeyD', mod: true } },
  'select-invert': { group: 'selection', key: { code: 'KeyI', shift: true } },
  'reveal': { group: 'selection', key: { code: 'KeyR', mod: true, shift: true }, desktopOnly: true },
  'find-duplicates': { group: 'selection', key: { code: 'KeyU', shift: true } },
  'compare': { group: 'selection', key: { code: 'KeyC' } },
  'copy-paths': { group: 'selection', key: { code: 'KeyC', shift: true } },
  'open-loupe': { group: 'loupe', key: { code: 'KeyE' } },
  'close-loupe': { group: 'loupe', key: { code: 'Escape' } },
  'loupe-previous': { group: 'loupe', key: { code: 'ArrowLeft' }, repeats: true },
  'loupe-next': { group: 'loupe', key: { code: 'ArrowRight' }, repeats: true },
  'loupe-actual': { group: 'loupe', key: { code: 'KeyZ' } },
  'loupe-fit': { group: 'loupe', key: { code: 'KeyF' } },
  'loupe-zoom-in': { group: 'loupe', key: { code: 'Equal', character: '+' }, repeats: true },
  'loupe-zoom-out': { group: 'loupe', key: { code: 'Minus', character: '-' }, repeats: true },
  'close-compare': { group: 'compare', key: { code: 'Escape' } },
  'compare-flick': { group: 'compare', key: { code: 'Space' } },
  'compare-side': { group: 'compare', key: { code: 'KeyS' } },
  'compare-swipe': { group: 'compare', key: { code: 'KeyW' } },
  'compare-onion': { group: 'compare', key: { code: 'KeyO' } },
  'compare-difference': { group: 'compare', key: { code: 'KeyD' } },
  'keep': { group: 'cleanup', key: { code: 'KeyP' } },
  'reject': { group: 'cleanup', key: { code: 'KeyX' } },
  'keep-both': { group: 'cleanup', key: { code: 'KeyK' } },
  'not-duplicate': { group: 'cleanup', key: { code: 'KeyN' } },
  'accept': { group: 'cleanup', key: { code: 'Enter' } },
  'take-back': { group: 'cleanup', key: { code: 'Backspace' } },
  'previous-group': { group: 'cleanup', key: { code: 'BracketLeft' }, repeats: true },
  'next-group': { group: 'cleanup', key: { code: 'BracketRight' }, repeats: true },
  'next-open': { group: 'cleanup', key: { code: 'BracketRight', shift: true } },
  'toggle-rules': { group: 'cleanup', key: { code: 'KeyR' } },
  'review-plan': { group: 'cleanup', key: { code: 'Enter', mod: true } },
  // Not one key after the other: an Enter held down must not run through to the files.
  'apply-plan': { group: 'cleanup', key: { code: 'Enter', mod: true, shift: true } },
  'undo': { group: 'general', key: { code: 'KeyZ', mod: true } },
  'palette': { group: 'general', key: { code: 'KeyK', mod: true } },
  'shortcuts': { group: 'general', key: { code: 'Slash', shift: true, character: '?' } },
  'dismiss-toast': { group: 'general', key: { code: 'Escape', shift: true } },
  'toggle-theme': { group: 'general', key: { code: 'KeyT', shift: true } },
} as const satisfies Record<string, ActionDefinition>;

export type ActionName = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as readonly ActionName[];
