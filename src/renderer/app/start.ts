import { useEffect, useState } from 'react';
import { AccessRefused, createConnection } from '../connect/connection.ts';
import type { Engine } from '../connect/context.tsx';
import type { FindHost } from '../connect/host.ts';

const RETRY_AFTER = 1000;

/** Finds the host and opens the connection; tries for as long as nobody answers, and gives up when access is refused. */
export function useStart(findHost: FindHost): { readonly engine: Engine | null; readonly refused: boolean; readonly retry: () => void } {
  const [engine, setEngine] = useState<Engine | null>(null);
  const [refused, setRefused] = useState(false);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    findHost().then((host) => {
      if (ended) return;
      const connection = createConnection({ open: host.open, random: Math.random });
      connection.subscribe(() => {
        if (connection.status() !== 'refused') return;
        setEngine(null);
        setRefused(true);
      });
      setEngine({ host, connection });
    }, (error: unknown) => {
      if (ended) return;
      if (error instanceof AccessRefused) setRefused(true);
      else timer = setTimeout(() => setAttempt((count) => count + 1), RETRY_AFTER);
    });
    return () => { ended = true; clearTimeout(timer); };
  }, [findHost, attempt]);

  return { engine, refused, retry: () => { setRefused(false); setAttempt((count) => count + 1); } };
}
