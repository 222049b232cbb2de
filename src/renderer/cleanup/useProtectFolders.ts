import { useCallback } from 'react';
import { useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useRules } from './useRules.ts';
import { useHost } from '../connect/context.tsx';

/** Lets the user choose a folder that nothing is to be taken from. */
export function useProtectFolders(): () => void {
  const set = useSet();
  const pick = useHost().desktop?.pick;
  const errorToast = useErrorToast();
  const { folders, setFolders } = useRules();
  return useCallback(() => {
    if (!pick) {
      set({ overlay: 'pick-protected' });
      return;
    }
    pick('folder').then(
      (chosen) => { if (chosen.length > 0) setFolders([...folders, ...chosen]); },
      (error: unknown) => errorToast((t) => t('settings.notSaved'), error),
    );
  }, [pick, set, errorToast, folders, setFolders]);
}
