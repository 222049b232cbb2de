import { useQueryClient } from '@tanstack/react-query';
import { useContext, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Progress } from '../../contract/index.ts';
import { imageCount } from '../batches/progress.ts';
import { EngineContext } from '../connect/context.tsx';
import { followEngine } from '../connect/live.ts';
import { useFormat } from '../i18n/setup.ts';

/** Follows the engine while the window is open; answers the last milestone, for the live region. */
export function useLive(): string {
  const engine = useContext(EngineContext);
  const queries = useQueryClient();
  const { t } = useTranslation();
  const format = useFormat();
  const [news, setNews] = useState<{ readonly kind: 'started' | 'finished'; readonly progress: Progress } | null>(null);

  useEffect(() => {
    if (!engine) return;
    const controller = new AbortController();
    const running = new Map<number, boolean>();
    const onProgress = (all: readonly Progress[]) => {
      for (const progress of all) {
        const { id, state } = progress.batch;
        const before = running.get(id);
        running.set(id, state === 'running');
        if (before === false && state === 'running') setNews({ kind: 'started', progress });
        if (before === true && (state === 'completed' || state === 'completed-with-errors')) setNews({ kind: 'finished', progress });
      }
    };
    followEngine({ connection: engine.connection, queries, onProgress }, controller.signal);
    return () => controller.abort();
  }, [engine, queries]);

  if (!news) return '';
  const { batch } = news.progress;
  return news.kind === 'started'
    ? t('batches.startedAnnounce', { name: batch.name })
    : t('batches.finishedAnnounce', { name: batch.name, done: format.number(imageCount(batch)), failures: format.number(batch.failed) });
}
