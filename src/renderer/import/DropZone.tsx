import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSet } from '../app/store.ts';
import { useHost } from '../connect/context.tsx';
import { userError } from '../connect/errors.ts';
import { useFormat } from '../i18n/setup.ts';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { useToast } from '../ui/Toast.tsx';
import { commonName, type DragSummary, filesOf, summarizeDrag, takeDropped } from './dropped.ts';
import styles from './Import.module.css';
import { uploadFiles } from './upload.ts';

/** Makes the whole window take what is dropped on it. */
export function DropZone({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  const host = useHost();
  const set = useSet();
  const toast = useToast();
  const format = useFormat();
  // Every element under the pointer tells of entering and leaving; only the balance says whether the window was left.
  const inside = useRef(0);
  const ownDrag = useRef(false);
  const [dragged, setDragged] = useState<DragSummary | null>(null);
  const [uploading, setUploading] = useState<{ readonly done: number; readonly total: number } | null>(null);

  const isForeign = (event: DragEvent) => !ownDrag.current && event.dataTransfer.types.includes('Files');

  const onDrop = async (transfer: DataTransfer) => {
    const { desktop, upload } = host;
    if (desktop) {
      const paths = Array.from(transfer.files, (file) => desktop.pathForFile(file)).filter(Boolean);
      if (paths.length > 0) set({ screen: 'import', pendingImport: { paths, mustCopy: false } });
      return;
    }
    if (!upload) return;
    const dropped = takeDropped(Array.from(transfer.items));
    try {
      const files = await filesOf(dropped);
      if (files.length === 0) {
        toast({ title: t('drop.empty') });
        return;
      }
      setUploading({ done: 0, total: files.length });
      const folder = await uploadFiles(upload, files, (done) => setUploading({ done, total: files.length }));
      const name = commonName(files) ?? t('drop.name', { date: format.dateTime(new Date().toISOString()) });
      set({ screen: 'import', pendingImport: { paths: [folder], mustCopy: true, name } });
    } catch (error) {
      toast({ title: t('drop.failed'), description: userError(error).message, tone: 'danger' });
    } finally {
      setUploading(null);
    }
  };

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
        void onDrop(event.dataTransfer);
      }}
    >
      {children}
      {dragged && <DropOverlay dragged={dragged} copies={host.kind === 'browser'} />}
      {uploading && <UploadProgress {...uploading} />}
    </div>
  );
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
