import { useAddPaths } from '../import/useAddPaths.ts';
import { useDismissToast } from '../ui/Toast.tsx';
import { useUndo } from '../cleanup/useUndo.ts';
import { useActions } from './actions.ts';
import { useAppStore, useSet } from './store.ts';

/** What can be done from every screen. */
export function useGlobalActions(): void {
  const store = useAppStore();
  const set = useSet();
  const add = useAddPaths();
  const toasts = useDismissToast();
  const { undo } = useUndo();
  useActions({
    'go-home': { run: () => set({ screen: 'home' }) },
    'go-library': { run: () => set({ screen: 'library', loupeOpen: false }) },
    'go-cleanup': { run: () => set({ screen: 'cleanup' }) },
    'go-batches': { run: () => set({ screen: 'batches' }) },
    'go-settings': { run: () => set({ screen: 'settings' }) },
    'add-folder': { run: () => add('folder') },
    'add-files': { run: () => add('files') },
    'add-list': { run: () => add('list') },
    'undo': { run: undo },
    'palette': { run: () => set({ overlay: 'palette' }) },
    'shortcuts': { run: () => set({ overlay: 'shortcuts' }) },
    'dismiss-toast': { run: toasts.dismiss, enabled: toasts.shown },
    'toggle-theme': { run: () => set({ theme: isDark(store.getState().theme) ? 'light' : 'dark' }) },
  });
}

function isDark(theme: 'system' | 'light' | 'dark'): boolean {
  return theme === 'system' ? window.matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
}
