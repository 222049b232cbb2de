import { useTranslation } from 'react-i18next';
import { useHost } from '../connect/context.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import { ACTION_GROUPS, ACTION_NAMES, ACTIONS } from './actions.ts';
import { useKeyLabel } from './keyboard.ts';
import styles from './Shell.module.css';
import { useAppState, useSet } from './store.ts';

/** The grid's own keys follow the ARIA grid pattern and cannot be rebound, so they are no actions. */
const GRID_KEYS = [
  ['move', '← ↑ ↓ →'], ['extend', '⇧ ← ↑ ↓ →'], ['toggle', 'Space'], ['page', 'PgUp PgDn'], ['ends', 'Home End'], ['corners', 'Ctrl+Home Ctrl+End'], ['open', 'Enter'],
] as const;

export function ShortcutsDialog() {
  const { t } = useTranslation();
  const open = useAppState((state) => state.overlay === 'shortcuts');
  const set = useSet();
  const keyLabel = useKeyLabel();
  const desktop = useHost().desktop !== null;
  return (
    <Dialog open={open} size="wide" title={t('actions.shortcuts')} closeLabel={t('app.close')} onClose={() => set({ overlay: null })}>
      <div className={styles.sheet}>
        {ACTION_GROUPS.map((group) => (
          <section key={group}>
            <h3>{t(`groups.${group}`)}</h3>
            <dl>
              {ACTION_NAMES.filter((name) => ACTIONS[name].group === group && (desktop || !('desktopOnly' in ACTIONS[name]))).map((name) => (
                <div key={name}><dt>{t(`actions.${name}`)}</dt><dd><Kbd>{keyLabel(name)}</Kbd></dd></div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>{t('groups.grid')}</h3>
          <dl>{GRID_KEYS.map(([key, label]) => <div key={key}><dt>{t(`shortcuts.${key}`)}</dt><dd><Kbd>{label}</Kbd></dd></div>)}</dl>
        </section>
      </div>
    </Dialog>
  );
}
