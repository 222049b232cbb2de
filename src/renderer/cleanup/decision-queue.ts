import type { QueryClient } from '@tanstack/react-query';
import type { ReviewGroup } from '../../contract/index.ts';
import { type ReviewPage } from './queries.ts';

/** Sends decisions one after the other, in the order in which they were made, while the screen is already ahead. */
export interface DecisionQueue {
  readonly add: <Answer>(send: () => Promise<Answer>) => Promise<Answer>;
  /** Resolves when everything added so far has been answered. */
  readonly idle: () => Promise<void>;
}

export function createDecisionQueue(): DecisionQueue {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    add: (send) => {
      const answer = tail.then(send);
      // Whoever added it hears of a failure; those behind it go on.
      tail = answer.catch(() => undefined);
      return answer;
    },
    idle: async () => {
      for (let seen: unknown; seen !== tail;) {
        seen = tail;
        await seen;
      }
    },
  };
}

/** Shows a group as it will be, in every page that holds it. */
export function showGroup(queries: QueryClient, key: readonly unknown[], group: ReviewGroup): void {
  const pages = queries.getQueriesData<ReviewPage>({ queryKey: key });
  const before = pages.flatMap(([, page]) => page?.groups ?? []).find(({ id }) => id === group.id);
  const decided = before === undefined ? 0 : Number(group.isDecided) - Number(before.isDecided);
  queries.setQueriesData<ReviewPage>({ queryKey: key }, (page) => page && {
    ...page, decided: page.decided + decided, groups: page.groups.map((one) => (one.id === group.id ? group : one)),
  });
}
