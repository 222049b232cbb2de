import { createRouterClient, type RouterClient } from '@orpc/server';
import { onTestFinished } from 'vitest';
import { createEngine, type Engine, type EngineOptions } from '../../src/main/engine/engine.ts';
import type { IngestSummary } from '../../src/contract/index.ts';
import { ENGINE_FILES } from './engine-files.ts';

export type TestClient = RouterClient<Engine['router']>;

export interface TestEngine {
  readonly client: TestClient;
  readonly engine: Engine;
  readonly close: () => Promise<void>;
  /** Ingests and waits for the end. */
  readonly ingest: (options: Partial<Parameters<TestClient['ingest']['start']>[0]> & { readonly paths: string[] }) => Promise<IngestSummary>;
  /** Waits until these imports have nothing left to do. */
  readonly settled: (importIds: readonly number[]) => Promise<IngestSummary>;
}

/** A real engine in this process, closed when the test is over. Errors of its own fail the test. */
export function openEngine(workspace: string, options: Partial<EngineOptions> = {}): TestEngine {
  const defects: unknown[] = [];
  const engine = createEngine({ workspace, work: true, version: '0.0.0-test', files: ENGINE_FILES, onDefect: (error) => defects.push(error), ...options });
  const client = createRouterClient(engine.router, { context: {} });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= engine.close('drain'));
  onTestFinished(async () => {
    await close();
    if (defects.length > 0) throw new AggregateError(defects, 'the engine reported defects');
  });

  async function settled(importIds: readonly number[]): Promise<IngestSummary> {
    const changes = await client.workspace.changes();
    try {
      for (;;) {
        const summary = await client.ingest.summary({ importIds: [...importIds] });
        if (summary.finished) return summary;
        await changes.next();
      }
    } finally {
      await changes.return();
    }
  }

  return {
    client, engine, close, settled,
    async ingest(ingestOptions) {
      const { importIds } = await client.ingest.start(ingestOptions);
      return settled(importIds);
    },
  };
}

/** Every item of a catalog, read page by page. */
export async function allItems(client: TestClient, query: Omit<Parameters<TestClient['ingest']['items']>[0], 'after' | 'limit'> = {}) {
  const items: Awaited<ReturnType<TestClient['ingest']['items']>> = [];
  for (;;) {
    const page = await client.ingest.items({ ...query, after: items.at(-1)?.id ?? 0, limit: 1000 });
    if (page.length === 0) return items;
    items.push(...page);
  }
}
