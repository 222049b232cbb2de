import { Component, type ReactNode, useEffect } from 'react';
import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { BatchesScreen } from '../batches/BatchesScreen.tsx';
import { CleanupScreen } from '../cleanup/CleanupScreen.tsx';
import { CompareScreen } from '../compare/CompareScreen.tsx';
import { useConnectionStatus, useRetryNow } from '../connect/context.tsx';
import { HomeScreen } from '../home/HomeScreen.tsx';
import { DropZone } from '../import/DropZone.tsx';
import { PathPicker } from '../import/PathPicker.tsx';
import { ReviewScreen } from '../import/ReviewScreen.tsx';
import { LibraryScreen } from '../library/LibraryScreen.tsx';
import { SettingsScreen } from '../settings/SettingsScreen.tsx';
import { Banner } from '../ui/Banner.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { useActionRegistry } from './actions.ts';
import { CommandPalette } from './CommandPalette.tsx';
import { useKeyboard, useNativeMenu } from './keyboard.ts';
import { NavRail } from './NavRail.tsx';
import styles from './Shell.module.css';
import { ShortcutsDialog } from './ShortcutsDialog.tsx';
import { StatusBar } from './StatusBar.tsx';
import { useAppState } from './store.ts';
import { useGlobalActions } from './useGlobalActions.ts';
import { useLive } from './useLive.ts';

/** Rail, screen and status bar; the library stays mounted under the other screens, so that its place is kept. */
export function Shell() {
  const { t } = useTranslation();
  const screen = useAppState((state) => state.screen);
  const status = useConnectionStatus();
  const retryNow = useRetryNow();
  const announcement = useLive();
  const registry = useActionRegistry();
  useKeyboard(registry);
  useNativeMenu(registry);
  useGlobalActions();

  useEffect(() => { document.title = screen === 'library' ? t('app.name') : `${t(SCREEN_TITLES[screen])} – ${t('app.name')}`; }, [screen, t]);

  return (
    <DropZone>
      <div className={styles.shell}>
        <NavRail />
        <div className={styles.main}>
          {status === 'reconnecting' && (
            <Banner tone="warning" action={<Button size="small" onClick={retryNow}>{t('app.reconnectNow')}</Button>}>{t('app.reconnecting')}</Banner>
          )}
          <ErrorBoundary fallback={(error, reset) => (
            <EmptyState icon={CircleAlert} title={t('errors.internal.title')} actions={<Button onClick={reset}>{t('app.retry')}</Button>}>{error.message}</EmptyState>
          )}>
            <main className={styles.screen} hidden={screen !== 'library'}><LibraryScreen visible={screen === 'library'} /></main>
            {screen !== 'library' && (
              <main className={styles.screen}>
                {screen === 'home' && <HomeScreen />}
                {screen === 'import' && <ReviewScreen />}
                {screen === 'compare' && <CompareScreen />}
                {screen === 'cleanup' && <CleanupScreen />}
                {screen === 'batches' && <BatchesScreen />}
                {screen === 'settings' && <SettingsScreen />}
              </main>
            )}
          </ErrorBoundary>
        </div>
        <StatusBar />
      </div>
      <div className="visually-hidden" role="status" aria-live="polite">{announcement}</div>
      <PathPicker />
      <CommandPalette />
      <ShortcutsDialog />
    </DropZone>
  );
}

const SCREEN_TITLES = {
  home: 'actions.go-home', import: 'review.title', library: 'actions.go-library', compare: 'compare.title', cleanup: 'actions.go-cleanup', batches: 'batches.title', settings: 'settings.title',
} as const;

interface BoundaryProps { readonly fallback: (error: Error, reset: () => void) => ReactNode; readonly children: ReactNode }

/** React offers this only as a class. */
class ErrorBoundary extends Component<BoundaryProps, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
  override render() {
    return this.state.error ? this.props.fallback(this.state.error, () => this.setState({ error: null })) : this.props.children;
  }
}
