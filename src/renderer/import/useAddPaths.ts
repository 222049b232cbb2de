import { useCallback } from 'react';
import { useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useHost } from '../connect/context.tsx';
import type { PickKind } from '../connect/host.ts';

/** Lets the user choose what to import: the native dialog where there is one, else the engine's path picker. */
export function useAddPaths(): (what: PickKind) => void {
  const set = useSet();
  const host = useHost();
  const errorToast = useErrorToast();
  return useCallback((what) => {
    const pick = host.desktop?.pick;
    if (!pick) {
      set({ overlay: `pick-${what}` });
      return;
    }
    pick(what).then(
      (paths) => { if (paths.length > 0) set({ screen: 'import', pendingImport: { paths, mustCopy: false } }); },
      (error: unknown) => errorToast((t) => t('batches.failed'), error),
    );
  }, [host, set, errorToast]);
}
