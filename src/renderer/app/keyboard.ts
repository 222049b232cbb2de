import { useEffect, useState } from 'react';
import { ACTION_NAMES, actionForKey, ACTIONS, type ActionName, type ActionRegistry, type KeyBinding, repeats } from './actions.ts';

/** Keys that would type nothing even inside a text field may still be shortcuts there. */
export function useKeyboard(registry: ActionRegistry): void {
  useEffect(() => {
    const pointed = followPointer();
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const modified = event.ctrlKey || event.metaKey;
      // Held, Enter would press a button again and again.
      if (event.repeat && event.code === 'Enter' && isPressed(event.target)) event.preventDefault();
      if (isTyping(event.target) && (!modified || EDITING_CODES.has(event.code))) return;
      if (isDialogOpen() || ['Enter', 'Space'].includes(event.code) && !modified && isPressed(event.target) && !pointed.has(event.target)) return;
      const { handlers } = registry.getState();
      const name = actionForKey(event, handlers);
      if (!name) return;
      event.preventDefault();
      if (!event.repeat || repeats(name)) handlers[name]?.run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      pointed.stop();
    };
  }, [registry]);
}

/**
 * Which elements have the keyboard only because they were clicked. Enter and the space bar are not meant for them when they
 * mean something else there; one that was come to with Tab is pressed. An element that gets the keyboard back, from a
 * dialog say, counts as it did before.
 */
function followPointer(): { readonly has: (target: EventTarget | null) => boolean; readonly stop: () => void } {
  const clicked = new WeakSet<EventTarget>();
  let byTab = false;
  const controller = new AbortController();
  const options = { signal: controller.signal, capture: true };
  window.addEventListener('keydown', ({ key }) => { byTab = key === 'Tab' || key.startsWith('Arrow'); }, options);
  window.addEventListener('pointerdown', () => { byTab = false; }, options);
  window.addEventListener('focusin', ({ target }) => { if (byTab && target) clicked.delete(target); }, options);
  // A click made by a key or by assistive technology counts no presses of a button.
  window.addEventListener('click', ({ detail }) => { if (detail > 0 && document.activeElement) clicked.add(document.activeElement); }, options);
  return { has: (target) => target !== null && clicked.has(target), stop: () => controller.abort() };
}

/** The desktop's menus do what the keyboard does, where and when the keyboard does it. */
export function useNativeMenu(registry: ActionRegistry): void {
  useEffect(() => window.proofsheet?.onAction?.((name) => {
    const handler = ACTION_NAMES.some((known) => known === name) ? registry.getState().handlers[name as ActionName] : undefined;
    if (handler && handler.enabled !== false && !isDialogOpen()) handler.run();
  }), [registry]);
}

/** With Ctrl or ⌘ these belong to the text field. */
const EDITING_CODES: ReadonlySet<string> = new Set(['KeyA', 'KeyC', 'KeyD', 'KeyV', 'KeyX', 'KeyZ', 'KeyI', 'Backspace', 'Delete', 'ArrowLeft', 'ArrowRight']);

const TEXT_INPUTS = 'input:not([type="range"], [type="checkbox"]), textarea, select, [contenteditable="true"]';

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches(TEXT_INPUTS);
}

/** Enter and the space bar press what has the keyboard, before they mean anything else. */
function isPressed(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('button, a, summary, [role="checkbox"], [role="switch"]');
}

/** A toast has the role of a dialog too, but takes nothing over: keys go on working while it is shown. */
export function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"]:not([aria-modal="false"]), [role="menu"], [role="listbox"][data-open]') !== null;
}

type LayoutMap = ReadonlyMap<string, string>;
interface KeyboardApi { readonly getLayoutMap: () => Promise<LayoutMap> }

/** What is printed on the user's keys, where the browser tells. */
export function useKeyLabel(): (name: ActionName) => string {
  const [layout, setLayout] = useState<LayoutMap | null>(null);
  useEffect(() => {
    const { keyboard } = navigator as Navigator & { readonly keyboard?: KeyboardApi };
    // Where it is not permitted, the names of a US keyboard serve.
    keyboard?.getLayoutMap().then(setLayout, () => setLayout(null));
  }, []);
  const apple = /Mac/.test(navigator.userAgent);
  return (name) => keyLabel(ACTIONS[name].key, layout, apple);
}

export function keyLabel({ code, mod, shift, character }: KeyBinding, layout: LayoutMap | null, apple: boolean): string {
  if (character !== undefined) return character;
  const key = PLAIN_NAMES[code] ?? layout?.get(code)?.toUpperCase() ?? US_NAMES[code] ?? code.replace(/^Key|^Digit/, '');
  const names = apple ? [mod && '⌘', shift && '⇧', key] : [mod && 'Ctrl', shift && 'Shift', key];
  return names.filter(Boolean).join(apple ? '' : '+');
}

const PLAIN_NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc', Comma: ',', Equal: '+', Minus: '−', Backslash: '\\', Slash: '/',
  Backspace: '⌫', Space: 'Space',
};
const US_NAMES: Readonly<Record<string, string>> = { BracketLeft: '[', BracketRight: ']' };
