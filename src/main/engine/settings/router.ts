import { isAbsolute } from 'node:path';
import { implement } from '@orpc/server';
import { contract } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { withContractErrors } from '../rpc.ts';
import type { SettingsStore } from './settings.ts';

export function createSettingsRouter({ settings, onChanged }: { readonly settings: SettingsStore; readonly onChanged: () => void }) {
  const os = implement(contract.settings).use(withContractErrors);
  return os.router({
    get: os.get.handler(() => settings.get()),
    set: os.set.handler(({ input }) => {
      const relative = input.protectedFolders?.find((folder) => !isAbsolute(folder));
      if (relative !== undefined) throw new ProofsheetError('bad-input', `A protected folder is named by its whole path, not “${relative}”.`);
      const saved = settings.set(Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)));
      onChanged();
      return saved;
    }),
  });
}
