import { createContext, useContext, useEffect, useLayoutEffect, useRef } from 'react';
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { ACTION_GROUPS, ACTION_NAMES, ACTIONS, type ActionGroup, type ActionName, type KeyBinding } from '../../contract/actions.ts';

export { ACTION_GROUPS, ACTION_NAMES, ACTIONS, type ActionGroup, type ActionName, type KeyBinding };

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

/** Whether the action goes on while its key is held. */
export function repeats(name: ActionName): boolean {
  return 'repeats' in ACTIONS[name];
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
