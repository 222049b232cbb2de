import { CopyCheck, FileSpreadsheet, FolderPlus, House, ImagePlus, Images, Keyboard, Layers, type LucideIcon, Plus, Settings } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useProgress } from '../batches/queries.ts';
import { classNames } from '../ui/class-names.ts';
import { Menu } from '../ui/Menu.tsx';
import { Tooltip } from '../ui/Tooltip.tsx';
import { type ActionName, useAction } from './actions.ts';
import { useKeyLabel } from './keyboard.ts';
import styles from './Shell.module.css';
import { type Screen, useAppState } from './store.ts';

/** The places one can go to. Screens that come later are one line each. */
export function NavRail() {
  const { t } = useTranslation();
  const keyLabel = useKeyLabel();
  const running = useProgress().some(({ batch }) => batch.state === 'running');
  const addFolder = useAction('add-folder');
  const addFiles = useAction('add-files');
  const addList = useAction('add-list');
  return (
    <nav className={styles.rail} aria-label={t('app.navigation')}>
      <Menu
        trigger={<button type="button" className={classNames(styles.place, styles.add)}><Plus size={20} strokeWidth={1.75} aria-hidden />{t('app.add')}</button>}
        items={[
          { label: t('actions.add-folder'), icon: FolderPlus, shortcut: keyLabel('add-folder'), run: addFolder.run },
          { label: t('actions.add-files'), icon: ImagePlus, shortcut: keyLabel('add-files'), run: addFiles.run },
          { label: t('actions.add-list'), icon: FileSpreadsheet, shortcut: keyLabel('add-list'), run: addList.run },
        ]}
      />
      <Place screen="home" action="go-home" icon={House} />
      <Place screen="library" action="go-library" icon={Images} />
      <Place screen="cleanup" action="go-cleanup" icon={CopyCheck} />
      <Place screen="batches" action="go-batches" icon={Layers} busy={running} />
      <span className={styles.spacer} />
      <Place action="shortcuts" icon={Keyboard} short={t('app.keys')} />
      <Place screen="settings" action="go-settings" icon={Settings} />
    </nav>
  );
}

interface PlaceProps { readonly screen?: Screen; readonly action: ActionName; readonly icon: LucideIcon; readonly busy?: boolean; readonly short?: string }

function Place({ screen, action, icon: Icon, busy = false, short }: PlaceProps) {
  const { t } = useTranslation();
  const current = useAppState((state) => state.screen);
  const { run } = useAction(action);
  const label = t(`actions.${action}`);
  return (
    <Tooltip label={label} shortcut={useKeyLabel()(action)} side="inline-end">
      <button type="button" className={styles.place} aria-current={screen !== undefined && current === screen ? 'page' : undefined} onClick={run}>
        <span className={styles.iconWrap}>
          <Icon size={20} strokeWidth={1.5} aria-hidden />
          {busy && <span className={styles.dot} />}
        </span>
        {short ?? label}
      </button>
    </Tooltip>
  );
}
