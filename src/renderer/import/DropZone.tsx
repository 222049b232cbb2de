import { type DragEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isDialogOpen, isTyping } from '../app/keyboard.ts';
import { useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useHost } from '../connect/context.tsx';
import { useFormat } from '../i18n/setup.ts';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { useToast } from '../ui/Toast.tsx';
import { commonName, type DragSummary, filesOf, summarizeDrag, takeDropped } from './dropped.ts';
import styles from './Import.module.css';
import { pathsIn } from './typed-path.ts';
import { isList, uploadFiles } from './upload.ts';

/** Makes the whole window take what is dropped on it. */
export function DropZone({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  const host = useHost();
  const set = useSet();
  const toast = useToast();
  const errorToast = useErrorToast();
  const format = useFormat();
  // Every element under the pointer tells of entering and leaving; only the balance says whether the window was left.
  const inside = useRef(0);
  const ownDrag = useRef(false);
  const [dragged, setDragged] = useState<DragSummary | null>(null);
  const [uploading, setUploading] = useState<{ readonly done: number; readonly total: number } | null>(null);

  const isForeign = (event: DragEvent) => !ownDrag.current && event.dataTransfer.types.includes('Files');

  const take = async (dropped: readonly (FileSystemEntry | File)[]) => {
    const { upload } = host;
    if (!upload) return;
    try {
      const files = await filesOf(dropped);
      if (files.length === 0) {
        toast({ title: (say) => say('drop.empty') });
        return;
      }
      setUploading({ done: 0, total: files.length });
      const paths = await uploadFiles(upload, files, (done) => setUploading({ done, total: files.length }));
      const name = commonName(files) ?? t('drop.name', { date: format.dateTime(new Date().toISOString()) });
      // A list by itself is named after itself by the engine, like one that was chosen.
      set({ screen: 'import', pendingImport: { paths, mustCopy: true, ...(!files.every((file) => isList(file, true)) && { name }) } });
    } catch (error) {
      errorToast((say) => say('drop.failed'), error);
    } finally {
      setUploading(null);
    }
  };
  const takeTransfer = ({ items, files }: DataTransfer) => {
    const { desktop } = host;
    if (!desktop) return void take(takeDropped(Array.from(items).filter(({ kind }) => kind === 'file')));
    const paths = Array.from(files, (file) => desktop.pathForFile(file)).filter(Boolean);
    if (paths.length > 0) set({ screen: 'import', pendingImport: { paths, mustCopy: false } });
  };
  usePaste((transfer) => {
    if (transfer.files.length > 0) takeTransfer(transfer);
    const paths = pathsIn(transfer.getData('text/plain'));
    if (transfer.files.length === 0 && paths.length > 0) set({ screen: 'import', pendingImport: { paths, mustCopy: false } });
  });

  return (
    <div
      onDragStart={() => { ownDrag.current = true; }}
      onDragEnd={() => { ownDrag.current = false; }}
      onDragEnter={(event) => {
        if (!isForeign(event)) return;
        event.preventDefault();
        if (++inside.current === 1) setDragged(summarizeDrag(Array.from(event.dataTransfer.items)));
      }}
      onDragOver={(event) => {
        if (!isForeign(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
      }}
      onDragLeave={(event) => {
        if (!isForeign(event)) return;
        inside.current = Math.max(0, inside.current - 1);
        if (inside.current === 0) setDragged(null);
      }}
      onDrop={(event) => {
        if (!isForeign(event)) return;
        event.preventDefault();
        inside.current = 0;
        setDragged(null);
        takeTransfer(event.dataTransfer);
      }}
    >
      {children}
      {dragged && <DropOverlay dragged={dragged} copies={host.kind === 'browser'} />}
      {uploading && <UploadProgress {...uploading} />}
    </div>
  );
}

/** What is pasted while nothing is being typed: files, or paths copied in a file manager. */
function usePaste(take: (transfer: DataTransfer) => void): void {
  const latest = useRef(take);
  useEffect(() => { latest.current = take; });
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      if (event.clipboardData && !isTyping(event.target) && !isDialogOpen()) latest.current(event.clipboardData);
    };
    window.addEventListener('paste', onPaste);
    return () => window.removeEventListener('paste', onPaste);
  }, []);
}

function DropOverlay({ dragged, copies }: { readonly dragged: DragSummary; readonly copies: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const parts = (['images', 'lists', 'others'] as const)
    .filter((kind) => dragged[kind] > 0)
    .map((kind) => t(`drop.${kind}`, { count: dragged[kind], formatted: format.number(dragged[kind]) }));
  return (
    <div className={styles.overlay}>
      <div className={styles.overlayText}>
        <strong>{parts.join(' · ')}</strong>
        <span>{t('drop.title')}</span>
        <small>{t(copies ? 'drop.copy' : 'drop.reference')} {t('app.promise')}</small>
      </div>
    </div>
  );
}

function UploadProgress({ done, total }: { readonly done: number; readonly total: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const label = t('drop.uploading', { done: format.number(done), total: format.number(total) });
  return (
    <div className={styles.uploading} role="status">
      {label}
      <ProgressBar slim label={label} value={done / total} />
    </div>
  );
}
