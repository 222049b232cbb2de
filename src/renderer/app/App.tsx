import { CSPProvider } from '@base-ui/react/csp-provider';
import { DirectionProvider } from '@base-ui/react/direction-provider';
import { Tooltip } from '@base-ui/react/tooltip';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { I18nextProvider } from 'react-i18next';
import { EngineContext } from '../connect/context.tsx';
import { shouldRetry } from '../connect/errors.ts';
import type { FindHost } from '../connect/host.ts';
import { createI18n, pickLanguage } from '../i18n/setup.ts';
import { ToastProvider } from '../ui/Toast.tsx';
import { ActionContext, type ActionRegistry } from './actions.ts';
import { Shell } from './Shell.tsx';
import { type AppStore, StoreContext } from './store.ts';
import { Starting } from './Starting.tsx';
import { useStart } from './start.ts';

export interface AppProps {
  readonly store: AppStore;
  readonly registry: ActionRegistry;
  readonly findHost: FindHost;
}

/** The whole window: providers around the shell, once the host has been found. */
export function App({ store, registry, findHost }: AppProps) {
  const language = store((state) => state.language);
  const theme = store((state) => state.theme);
  const systemLanguage = useSyncExternalStore(onLanguageChange, () => pickLanguage(navigator.languages));
  const spoken = language === 'system' ? systemLanguage : language;
  const [i18n] = useState(() => createI18n(spoken));
  const [queries] = useState(createQueryClient);
  const { engine, refused, retry } = useStart(findHost);

  useEffect(() => {
    void i18n.changeLanguage(spoken);
    document.documentElement.lang = spoken;
    document.documentElement.dir = i18n.dir(spoken);
  }, [i18n, spoken]);
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);

  // What comes after a refusal is another engine, perhaps with another catalog.
  useEffect(() => { if (refused) queries.clear(); }, [refused, queries]);

  return (
    <CSPProvider disableStyleElements>
      <I18nextProvider i18n={i18n}><DirectionProvider direction={i18n.dir(spoken)}>
        <QueryClientProvider client={queries}>
          <StoreContext value={store}>
            <ActionContext value={registry}>
              <ToastProvider>
                <Tooltip.Provider delay={500}>
                  {engine ? <EngineContext value={engine}><Shell /></EngineContext> : <Starting refused={refused} onRetry={retry} />}
                </Tooltip.Provider>
              </ToastProvider>
            </ActionContext>
          </StoreContext>
        </QueryClientProvider>
      </DirectionProvider></I18nextProvider>
    </CSPProvider>
  );
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // The engine says what has changed; asking again on focus or by age would only repeat the answer.
      queries: { staleTime: Infinity, refetchOnWindowFocus: false, refetchOnReconnect: false, networkMode: 'always', retry: shouldRetry, retryDelay: 300 },
      mutations: { networkMode: 'always' },
    },
  });
}

function onLanguageChange(listener: () => void): () => void {
  window.addEventListener('languagechange', listener);
  return () => window.removeEventListener('languagechange', listener);
}
