import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';

/** The window's screens by the roles and names people meet; the one place to change when a label does. */
export function screensOf(page: Page) {
  const navigation = page.getByRole('navigation', { name: 'Screens' });
  const dialog = page.getByRole('dialog');
  return {
    go: async (screen: 'Home' | 'Library' | 'Batches' | 'Settings'): Promise<void> => {
      await navigation.getByRole('button', { name: screen }).click();
    },
    banner: (text: RegExp | string): Locator => page.getByText(text),
    home: {
      heading: page.getByRole('heading', { name: 'Drop folders, pictures or lists anywhere' }),
      addFolder: page.getByRole('button', { name: 'Add folder' }).first(),
    },
    picker: {
      dialog,
      path: dialog.getByRole('textbox', { name: 'Folder' }),
      confirm: (name: string): Locator => dialog.getByRole('button', { name: `Add “${name}”` }),
    },
    review: {
      heading: page.getByRole('heading', { name: 'Review import' }),
      start: page.getByRole('button', { name: 'Start import' }),
    },
    library: {
      grid: page.getByRole('grid', { name: 'Images' }),
      cells: page.getByRole('grid', { name: 'Images' }).getByRole('gridcell'),
    },
    batches: {
      button: (name: string): Locator => page.getByRole('main').getByRole('button', { name, exact: true }),
      state: (text: string): Locator => page.getByRole('main').locator('header').getByText(text, { exact: true }),
      reasons: page.getByRole('main').getByRole('listitem'),
    },
  };
}

/** From Home to a running import, as somebody with a mouse does it. */
export async function importFolder(page: Page, folder: string): Promise<void> {
  const { home, picker, review } = screensOf(page);
  await home.addFolder.click();
  await picker.path.fill(folder);
  await picker.path.press('Enter');
  await picker.confirm(folder.split('/').at(-1) ?? '').click();
  await review.heading.waitFor();
  await review.start.click();
}

/** Drops files as the browser hands them to a page. */
export async function dropFiles(page: Page, folder: string): Promise<void> {
  const files = await Promise.all((await readdir(folder)).map(async (name) => ({ name, base64: (await readFile(join(folder, name))).toString('base64') })));
  const transfer = await page.evaluateHandle((dropped) => {
    const data = new DataTransfer();
    for (const { name, base64 } of dropped) {
      data.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], name, { type: 'image/jpeg' }));
    }
    return data;
  }, files);
  const target = page.getByRole('main');
  await target.dispatchEvent('dragenter', { dataTransfer: transfer });
  await target.dispatchEvent('dragover', { dataTransfer: transfer });
  await target.dispatchEvent('drop', { dataTransfer: transfer });
}
