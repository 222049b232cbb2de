import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useSet } from '../app/store.ts';
import { useHost } from '../connect/context.tsx';
import type { PickKind } from '../connect/host.ts';
import { useToast } from '../ui/Toast.tsx';

/** Lets the user choose what to import: the native dialog where there is one, else the engine's path picker. */
export function useAddPaths(): (what: PickKind) => void {
  const set = useSet();
  const host = useHost();
  const toast = useToast();
  const { t } = useTranslation();
  return useCallback((what) => {
    const pick = host.desktop?.pick;
    if (!pick) {
      set({ overlay: `pick-${what}` });
      return;
    }
    pick(what).then(
      (paths) => { if (paths.length > 0) set({ screen: 'import', pendingImport: { paths, mustCopy: false } }); },
      (error: unknown) => toast({ title: t('batches.failed'), description: String(error), tone: 'danger' }),
    );
  }, [host, set, toast, t]);
}
