import { createContext, useContext, useEffect, useLayoutEffect, useRef } from 'react';
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { ACTION_GROUPS, ACTION_NAMES, ACTIONS, type ActionGroup, type ActionName, type KeyBinding } from '../../contract/actions.ts';

<<<<<<< Updated upstream
export { ACTION_GROUPS, ACTION_NAMES, ACTIONS, type ActionGroup, type ActionName, type KeyBinding };
=======
export interface KeyBinding {
  /** `KeyboardEvent.code`: the place of the key, whatever is printed on it. */
  readonly code: string;
  readonly mod?: boolean;
  readonly shift?: boolean;
  /** A character that means the same wherever the layout has it, such as `?`. */
  readonly character?: string;
}

export const ACTION_GROUPS = ['navigate', 'import', 'view', 'selection', 'loupe', 'general'] as const;
export type ActionGroup = (typeof ACTION_GROUPS)[number];

interface ActionDefinition {
  readonly group: ActionGroup;
  readonly key: KeyBinding;
  /** Left out of the cheat sheet where it cannot exist. */
  readonly desktopOnly?: boolean;
}

/** Every action there is, once. What it does is given by the screen that can do it. */
export const ACTIONS = {
  'go-home': { group: 'navigate', key: { code: 'KeyH' } },
  'go-library': { group: 'navigate', key: { code: 'KeyG' } },
  'go-batches': { group: 'navigate', key: { code: 'KeyB' } },
  'go-settings': { group: 'navigate', key: { code: 'Comma', mod: true } },
  'add-folder': { group: 'import', key: { code: 'KeyO', mod: true } },
  'add-files': { group: 'import', key: { code: 'KeyO', mod: true, shift: true } },
  'add-list': { group: 'import', key: { code: 'KeyL', mod: true, shift: true } },
  'find': { group: 'view', key: { code: 'KeyF', mod: true } },
  'clear-filter': { group: 'view', key: { code: 'Backspace', mod: true } },
  'toggle-sidebar': { group: 'view', key: { code: 'Backslash' } },
  'toggle-inspector': { group: 'view', key: { code: 'KeyI' } },
  'larger': { group: 'view', key: { code: 'Equal', character: '+' } },
  'smaller': { group: 'view', key: { code: 'Minus', character: '-' } },
  'refresh-view': { group: 'view', key: { code: 'KeyR', shift: true } },
  'select-all': { group: 'selection', key: { code: 'KeyA', mod: true } },
  'select-none': { group: 'selection', key: { code: 'KeyD', mod: true } },
  'select-invert': { group: 'selection', key: { code: 'KeyI', shift: true } },
  'reveal': { group: 'selection', key: { code: 'KeyR', mod: true, shift: true }, desktopOnly: true },
  'copy-paths': { group: 'selection', key: { code: 'KeyC', shift: true } },
  'open-loupe': { group: 'loupe', key: { code: 'KeyE' } },
  'close-loupe': { group: 'loupe', key: { code: 'Escape' } },
  'loupe-previous': { group: 'loupe', key: { code: 'ArrowLeft' } },
  'loupe-next': { group: 'loupe', key: { code: 'ArrowRight' } },
  'loupe-actual': { group: 'loupe', key: { code: 'KeyZ' } },
  'loupe-fit': { group: 'loupe', key: { code: 'KeyF' } },
  'loupe-zoom-in': { group: 'loupe', key: { code: 'Equal', character: '+' } },
  'loupe-zoom-out': { group: 'loupe', key: { code: 'Minus', character: '-' } },
  'palette': { group: 'general', key: { code: 'KeyK', mod: true } },
  'shortcuts': { group: 'general', key: { code: 'Slash', shift: true, character: '?' } },
  'dismiss-toast': { group: 'general', key: { code: 'Escape', shift: true } },
  'toggle-theme': { group: 'general', key: { code: 'KeyT', shift: true } },
} as const satisfies Record<string, ActionDefinition>;

export type ActionName = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as readonly ActionName[];
>>>>>>> Stashed changes

export interface ActionHandler {
  readonly run: () => void;
  readonly enabled?: boolean;
}
type Handlers = Partial<Record<ActionName, ActionHandler>>;

/** Who can do what at the moment; filled by the screens that are shown. */
export type ActionRegistry = UseBoundStore<StoreApi<{ readonly handlers: Handlers }>>;

export function createActionRegistry(): ActionRegistry {
  return create(() => ({ handlers: {} }));
}

export const ActionContext = createContext<ActionRegistry | null>(null);

export function useActionRegistry(): ActionRegistry {
  const registry = useContext(ActionContext);
  if (!registry) throw new Error('Actions are used outside their provider.');
  return registry;
}

/** Offers these actions while the component is shown. */
export function useActions(handlers: Handlers): void {
  const registry = useActionRegistry();
  const latest = useRef(handlers);
  useLayoutEffect(() => { latest.current = handlers; });
  // What matters to others is which actions exist and are enabled; their functions are always taken fresh.
  const shape = Object.entries(handlers).map(([name, handler]) => `${name}:${handler.enabled !== false}`).join();
  useEffect(() => {
    const offered = Object.fromEntries(Object.entries(latest.current).map(([name, handler]) => [
      name, { enabled: handler.enabled !== false, run: () => latest.current[name as ActionName]?.run() },
    ]));
    registry.setState(({ handlers: before }) => ({ handlers: { ...before, ...offered } }));
    return () => registry.setState(({ handlers: before }) => ({
      handlers: Object.fromEntries(Object.entries(before).filter(([name, handler]) => offered[name as ActionName] !== handler)),
    }));
  }, [registry, shape]);
}

export interface BoundAction {
  readonly enabled: boolean;
  readonly run: () => void;
}

export function useAction(name: ActionName): BoundAction {
  const handler = useActionRegistry()((state) => state.handlers[name]);
  return { enabled: handler !== undefined && handler.enabled !== false, run: () => handler?.run() };
}

/** The enabled action this key press means, if any. */
export function actionForKey(event: KeyEventLike, handlers: Handlers): ActionName | null {
  return ACTION_NAMES.find((name) => {
    const handler = handlers[name];
    return handler && handler.enabled !== false && matches(ACTIONS[name].key, event);
  }) ?? null;
}

export interface KeyEventLike {
  readonly code: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

function matches({ code, mod = false, shift = false, character }: KeyBinding, event: KeyEventLike): boolean {
  if (event.altKey && event.key !== character) return false;
  const modPressed = event.ctrlKey || event.metaKey;
  if (character !== undefined && event.key === character && modPressed === mod) return true;
  return event.code === code && modPressed === mod && event.shiftKey === shift;
}
