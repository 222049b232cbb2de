import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ACTION_NAMES, ACTIONS, actionForKey, type KeyEventLike, repeats } from '../src/renderer/app/actions.ts';
import { keyLabel } from '../src/renderer/app/keyboard.ts';
import { en } from '../src/renderer/i18n/en.ts';

const run = () => undefined;
const press = (code: string, rest: Partial<KeyEventLike> = {}): KeyEventLike =>
  ({ code, key: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...rest });

describe('a key press', () => {
  it('means the action bound to the place of the key, whatever is printed on it', () => {
    expect(actionForKey(press('KeyZ', { key: 'y' }), { 'loupe-actual': { run } })).toBe('loupe-actual');
  });

  it('means nothing where the action is not offered or not enabled', () => {
    expect(actionForKey(press('KeyE'), {})).toBeNull();
    expect(actionForKey(press('KeyE'), { 'open-loupe': { run, enabled: false } })).toBeNull();
  });

  it('asks for exactly its modifiers', () => {
    const handlers = { 'add-folder': { run }, 'add-files': { run } };
    expect(actionForKey(press('KeyO', { ctrlKey: true }), handlers)).toBe('add-folder');
    expect(actionForKey(press('KeyO', { metaKey: true, shiftKey: true }), handlers)).toBe('add-files');
    expect(actionForKey(press('KeyO'), handlers)).toBeNull();
  });

  it('that is held goes on only with what moves or zooms', () => {
    const held = ACTION_NAMES.filter((name) => repeats(name));
    expect(held).toEqual(['larger', 'smaller', 'loupe-previous', 'loupe-next', 'loupe-zoom-in', 'loupe-zoom-out', 'previous-group', 'next-group']);
  });

  it('finds a character wherever the layout has it', () => {
    expect(actionForKey(press('Minus', { key: '?', shiftKey: true }), { shortcuts: { run } })).toBe('shortcuts');
  });
});

describe('the shortcuts', () => {
  it('never mean two things in the same place', () => {
    const loupe = ACTION_NAMES.filter((name) => ACTIONS[name].group === 'loupe' && name !== 'open-loupe');
    for (const place of [ACTION_NAMES.filter((name) => !loupe.includes(name)), loupe]) {
      const labels = place.map((name) => keyLabel(ACTIONS[name].key, null, false));
      expect(labels.filter((label, index) => labels.indexOf(label) !== index)).toEqual([]);
    }
  });

  it('are all in docs/keyboard.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../docs/keyboard.md'), 'utf8');
    const missing = ACTION_NAMES.filter((name) => !page.includes(`| ${en.actions[name]} | ${keyLabel(ACTIONS[name].key, null, false)} |`));
    expect(missing).toEqual([]);
  });
});
