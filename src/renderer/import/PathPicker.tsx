import { useQuery } from '@tanstack/react-query';
import { CornerLeftUp, File, FileSpreadsheet, Folder, House, Image } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useAppState, useSet } from '../app/store.ts';
import { useRules } from '../cleanup/useRules.ts';
import { useClient } from '../connect/context.tsx';
import type { PickKind } from '../connect/host.ts';
import { useFormat } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { classNames } from '../ui/class-names.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { TextField } from '../ui/TextField.tsx';
import styles from './Import.module.css';
import { typedPath } from './typed-path.ts';

const ICONS = { folder: Folder, image: Image, list: FileSpreadsheet, other: File } as const;
/** Where a file is wanted, a path with an ending is the file and not another folder to look into. */
const NAMES_A_FILE = /[^\\/]\.[a-z0-9]{1,6}$/i;
const WANTED = { folder: 'folder', files: 'image', list: 'list' } as const;

/** Stands in for the native file dialog in the browser: the engine lists the folders. */
export function PathPicker() {
  const overlay = useAppState((state) => state.overlay);
  const what = overlay === 'pick-folder' ? 'folder' : overlay === 'pick-files' ? 'files' : overlay === 'pick-list' ? 'list' : null;
  const set = useSet();
  const importing = (paths: readonly string[]) => set({ overlay: null, screen: 'import', pendingImport: { paths, mustCopy: false } });
  if (overlay === 'pick-protected') return <ProtectedPicker />;
  return what && <Picker key={what} what={what} onConfirm={importing} />;
}

/** Chooses a folder that the cleanup is to take nothing from. */
function ProtectedPicker() {
  const set = useSet();
  const { folders, setFolders } = useRules();
  const protect = (chosen: readonly string[]) => {
    set({ overlay: null });
    setFolders([...folders, ...chosen]);
  };
  return <Picker what="folder" protecting onConfirm={protect} />;
}

interface PickerProps {
  readonly what: PickKind;
  readonly protecting?: boolean;
  readonly onConfirm: (paths: readonly string[]) => void;
}

function Picker({ what, protecting = false, onConfirm: confirm }: PickerProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const set = useSet();
  const [path, setPath] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const [showHidden, setShowHidden] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { data, error } = useQuery({
    queryKey: ['directory', path, showHidden],
    queryFn: ({ signal }) => client.workspace.listDirectory({ ...(path !== null && { path }), showHidden }, { signal }),
    placeholderData: (before) => before,
    // Folders change without the engine knowing.
    staleTime: 0, gcTime: 0,
  });

  const close = () => set({ overlay: null });
  const go = (next: string | null) => { setPath(next); setTyped(null); setChosen(new Set()); };
  const entries = (data?.entries ?? []).filter((entry) => entry.kind === 'folder' || entry.kind === WANTED[what]);
  const { data: info } = useQuery({ queryKey: ['workspace', 'info'], queryFn: ({ signal }) => client.workspace.info(undefined, { signal }) });
  const entered = typed?.trim() && typedPath(typed, data?.path ?? '', info?.home ?? '~');
  const paths = entered ? [entered] : what === 'folder' && chosen.size === 0 && data ? [data.path] : [...chosen];
  const confirmLabel = what === 'folder' ? t(protecting ? 'pick.chooseProtected' : 'pick.chooseFolder', { name: lastPart(paths[0] ?? path ?? '') })
    : what === 'list' ? t('pick.chooseList') : t('pick.chooseFiles', { count: paths.length, formatted: format.number(paths.length) });

  const choose = (entryPath: string, kind: keyof typeof ICONS, several: boolean) => {
    if (kind !== WANTED[what]) return;
    const next = new Set(several && what !== 'list' ? chosen : []);
    if (chosen.has(entryPath)) next.delete(entryPath); else next.add(entryPath);
    setChosen(next);
    setTyped(null);
  };

  return (
    <Dialog open size="wide" title={protecting ? t('pick.protect') : t(`pick.${what}`)} closeLabel={t('app.close')} onClose={close} footer={<>
      <span className={styles.footerStart}><Checkbox label={t('pick.hidden')} checked={showHidden} onChange={setShowHidden} /></span>
      <Button onClick={close}>{t('app.cancel')}</Button>
      <Button variant="primary" disabled={paths.length === 0 || (Boolean(error) && !entered)} onClick={() => confirm(paths)}>{confirmLabel}</Button>
    </>}>
      <form className={styles.pathBar} onSubmit={(event) => {
        event.preventDefault();
        if (entered) { if (what !== 'folder' && NAMES_A_FILE.test(entered)) confirm([entered]); else go(entered); }
      }}>
        <IconButton icon={CornerLeftUp} label={t('pick.up')} disabled={!data?.parent} onClick={() => { if (data?.parent) go(data.parent); }} />
        <IconButton icon={House} label={t('pick.home')} onClick={() => go(null)} />
        <TextField label={t('pick.path')} hideLabel value={typed ?? data?.path ?? path ?? ''} onChange={(event) => setTyped(event.target.value)} />
      </form>
      {error && <ErrorBanner error={error} />}
      <ul className={styles.entries} aria-label={t('pick.entries')}>
        {entries.map((entry) => {
          const Icon = ICONS[entry.kind];
          return (
            <li key={entry.path}>
              <button
                type="button" className={classNames(styles.entry, chosen.has(entry.path) && styles.chosen)} aria-pressed={entry.kind === WANTED[what] ? chosen.has(entry.path) : undefined}
                onClick={(event) => { if (entry.kind === 'folder' && what !== 'folder') go(entry.path); else choose(entry.path, entry.kind, event.ctrlKey || event.metaKey || what === 'files'); }}
                onDoubleClick={() => { if (entry.kind === 'folder') go(entry.path); else confirm([entry.path]); }}
                onKeyDown={(event) => { if (event.key === 'Enter' && entry.kind === 'folder') { event.preventDefault(); go(entry.path); } }}
              >
                <Icon size={16} strokeWidth={1.5} aria-hidden />
                <span className={styles.entryName}>{legible(entry.name)}</span>
                {entry.bytes !== null && <span className={styles.muted}>{format.bytes(entry.bytes)}</span>}
              </button>
            </li>
          );
        })}
        {data && entries.length === 0 && <li className={styles.entryNone}>{t(what === 'folder' ? 'pick.noFolders' : 'pick.empty')}</li>}
      </ul>
      {data?.truncated && <p className={styles.muted}>{t('pick.truncated')}</p>}
    </Dialog>
  );
}

function lastPart(path: string): string {
  return path.split(/[\\/]/).findLast(Boolean) ?? path;
}
