import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../ui/Dialog.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import { TextField } from '../ui/TextField.tsx';
import { ACTION_NAMES, ACTIONS, type ActionName, useActionRegistry } from './actions.ts';
import { useKeyLabel } from './keyboard.ts';
import styles from './Shell.module.css';
import { useAppState, useSet } from './store.ts';

/** Every action that can be done now, by name. */
export function CommandPalette() {
  const { t } = useTranslation();
  const open = useAppState((state) => state.overlay === 'palette');
  const set = useSet();
  return (
    <Dialog open={open} title={t('actions.palette')} closeLabel={t('app.close')} onClose={() => set({ overlay: null })}>
      <Commands />
    </Dialog>
  );
}

function Commands() {
  const { t } = useTranslation();
  const set = useSet();
  const keyLabel = useKeyLabel();
  const handlers = useActionRegistry()((state) => state.handlers);
  const listId = useId();
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const matching = ACTION_NAMES.filter((name) => {
    if (name === 'palette' || handlers[name] === undefined || handlers[name].enabled === false) return false;
    const label = `${t(`groups.${ACTIONS[name].group}`)} ${t(`actions.${name}`)}`.toLocaleLowerCase();
    return words.every((word) => label.includes(word));
  });
  const chosen = Math.min(index, matching.length - 1);
  const run = (name: ActionName | undefined) => {
    if (!name) return;
    set({ overlay: null });
    handlers[name]?.run();
  };
  return (
    <div className={styles.palette}>
      <TextField
        label={t('actions.palette')} hideLabel autoFocus value={text} placeholder={t('palette.placeholder')}
        role="combobox" aria-expanded aria-controls={listId} aria-activedescendant={matching[chosen] && `${listId}-${matching[chosen]}`}
        onChange={(event) => { setText(event.target.value); setIndex(0); }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step !== undefined) { event.preventDefault(); setIndex((chosen + step + matching.length) % Math.max(1, matching.length)); }
          if (event.key === 'Enter') run(matching[chosen]);
        }}
      />
      <div className={styles.commands} id={listId} role="listbox" aria-label={t('palette.list')} tabIndex={-1}>
        {matching.map((name, place) => (
          <div
            key={name} id={`${listId}-${name}`} role="option" aria-selected={place === chosen} className={styles.command}
            ref={(element) => { if (place === chosen) element?.scrollIntoView({ block: 'nearest' }); }}
            onPointerMove={() => setIndex(place)} onClick={() => run(name)}
          >
            {t(`actions.${name}`)}
            <small>{t(`groups.${ACTIONS[name].group}`)}</small>
            <Kbd>{keyLabel(name)}</Kbd>
          </div>
        ))}
      </div>
      {matching.length === 0 && <p role="status">{t('palette.none')}</p>}
    </div>
  );
}
