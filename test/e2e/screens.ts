import { basename } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** The window's screens by the roles and names people meet; the one place to change when a label does. */
export function screensOf(page: Page) {
  const navigation = page.getByRole('navigation', { name: 'Screens' });
  // Toasts are dialogs to the accessibility tree as well, so every dialog is asked for by its name.
  const picker = page.getByRole('dialog', { name: /^Add / });
  const batchState = page.getByRole('main').locator('header');
  return {
    go: async (screen: 'Home' | 'Library' | 'Cleanup' | 'Batches' | 'Settings'): Promise<void> => {
      await navigation.getByRole('button', { name: screen }).click();
    },
    banner: (text: RegExp | string): Locator => page.getByText(text),
    home: {
      heading: page.getByRole('heading', { name: 'Drop folders, pictures or lists anywhere' }),
      addFolder: page.getByRole('button', { name: 'Add folder' }).first(),
      addList: page.getByRole('button', { name: 'Add list' }).first(),
    },
    picker: {
      dialog: picker,
      path: picker.getByRole('textbox', { name: 'Folder' }),
      /** Types a path once the first folder is shown: its name would else come between what is selected and what is typed. */
      type: async (path: string): Promise<void> => {
        await picker.getByRole('listitem').first().waitFor();
        await picker.getByRole('textbox', { name: 'Folder' }).fill(path);
      },
      confirm: (name: string): Locator => picker.getByRole('button', { name: `Add “${name}”` }),
    },
    review: {
      heading: page.getByRole('heading', { name: 'Review import' }),
      start: page.getByRole('button', { name: 'Start import' }),
    },
    library: {
      filter: page.getByRole('textbox', { name: 'Filter' }),
      inspector: page.getByRole('complementary', { name: 'Inspector' }),
      selected: page.getByRole('grid', { name: 'Images' }).getByRole('gridcell', { selected: true }),
      grid: page.getByRole('grid', { name: 'Images' }),
      cells: page.getByRole('grid', { name: 'Images' }).getByRole('gridcell'),
    },
    cleanup: {
      /** Says so many of so many groups are decided. */
      decided: (done: number, total: number): Locator => page.getByText(`${done.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')} decided`, { exact: true }),
      groups: page.getByRole('grid', { name: 'Groups of duplicates' }).getByRole('row'),
      focused: page.locator('[role="gridcell"][data-source]:focus'),
    },
    toast: (text: string): Locator => page.getByRole('dialog').filter({ hasText: text }),
    shortcuts: page.getByRole('dialog', { name: 'Keyboard shortcuts' }),
    palette: page.getByRole('dialog', { name: 'Commands' }),
    batches: {
      button: (name: string): Locator => page.getByRole('main').getByRole('button', { name, exact: true }),
      state: (text: string): Locator => batchState.getByText(text, { exact: true }),
      /**
       * Waits for the end of the import that is shown, from one step of its bar to the next: how long it takes as a whole
       * is up to the machine and what else runs there, that it gets on is not.
       */
      done: async (): Promise<void> => {
        // The list beside it has a bar of the same name, and comes first.
        const bar = page.getByRole('main').getByRole('progressbar', { name: /^Progress of / }).last();
        const step = async (): Promise<string> => (await batchState.getByText('Done', { exact: true }).count() > 0 ? 'done' : String(await bar.getAttribute('aria-valuenow')));
        for (let here = await step(); here !== 'done';) {
          const before = here;
          await expect.poll(async () => {
            here = await step();
            return here;
          }, { timeout: 20_000 }).not.toBe(before);
        }
      },
      reasons: page.getByRole('main').getByRole('listitem'),
    },
  };
}

/** From Home to a running import, as somebody with a mouse does it. */
export async function importFolder(page: Page, folder: string): Promise<void> {
  const { home, picker, review } = screensOf(page);
  await home.addFolder.click();
  await picker.type(folder);
  await picker.path.press('Enter');
  await picker.confirm(basename(folder)).click();
  await review.heading.waitFor();
  await review.start.click();
}

/** Drags files or folders over the window and lets go, as the system's file manager would. */
export async function dropPaths(page: Page, paths: readonly string[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data: { items: [], files: [...paths], dragOperationsMask: 1 } });
  }
}

/** From Home to a running import of a list. */
export async function addList(page: Page, list: string): Promise<void> {
  const { home, picker, review } = screensOf(page);
  await home.addList.click();
  await picker.type(list);
  await picker.path.press('Enter');
  await review.heading.waitFor();
  await review.start.click();
}
