import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type KeeperRuleSetting, KEEPER_RULES, type Settings } from '../../contract/index.ts';
import { useAppStore, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { type Act, remember } from './acts.ts';
import { useSettings } from './queries.ts';

/** The rules and protected folders of this workspace. A change is seen in the suggestions at once, and can be undone. */
export function useRules() {
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const errorToast = useErrorToast();
  const { data: settings } = useSettings();
  const { mutate } = useMutation({
    mutationFn: (part: Partial<Pick<Settings, 'keeperRules' | 'protectedFolders'>>) => client.settings.set(part),
    onMutate: (part) => queries.setQueryData<Settings>(['settings'], (before) => before && { ...before, ...part }),
    onError: (error) => {
      void queries.invalidateQueries({ queryKey: ['settings'] });
      errorToast((t) => t('settings.notSaved'), error);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['cleanup'] }),
  });
  const done = (act: Act) => set({ acts: remember(store.getState().acts, act) });
  const saved = settings?.keeperRules ?? [];
  // Rules that came after this workspace's settings were written take their place at the end, switched off.
  const rules: readonly KeeperRuleSetting[] = [...saved, ...KEEPER_RULES.filter((rule) => !saved.some((one) => one.rule === rule)).map((rule) => ({ rule, enabled: false }))];
  const folders = settings?.protectedFolders ?? [];
  return {
    isLoaded: settings !== undefined,
    rules,
    isDefault: rules.every(({ rule, enabled }, index) => enabled && rule === KEEPER_RULES[index]),
    folders,
    setRules: (next: readonly KeeperRuleSetting[]) => {
      done({ kind: 'rules', before: rules });
      mutate({ keeperRules: [...next] });
    },
    setFolders: (next: readonly string[]) => {
      done({ kind: 'protect', before: folders });
      mutate({ protectedFolders: [...new Set(next)] });
    },
  };
}

export function moved<Item>(items: readonly Item[], from: number, to: number): readonly Item[] {
  const rest = items.filter((_, index) => index !== from);
  const item = items[from];
  return item === undefined ? items : [...rest.slice(0, to), item, ...rest.slice(to)];
}
