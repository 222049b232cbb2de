import { expect, test } from 'vitest';
import { safeUploadParts } from '../src/main/server/upload-name.ts';

const parts = (name: string): readonly string[] => safeUploadParts(encodeURIComponent(name));

test.each([
  ['a plain name', 'ring.jpg', ['ring.jpg']],
  ['folders, however they are separated', 'a/b\\c.jpg', ['a', 'b', 'c.jpg']],
  ['an absolute path becomes a relative one', '/etc/passwd', ['etc', 'passwd']],
  ['a Windows drive loses its colon', 'C:\\x.jpg', ['C_', 'x.jpg']],
  ['a device name is no device any more', 'CON.jpg', ['_CON.jpg']],
  ['nor with a superscript digit', 'com¹.png', ['_com¹.png']],
  ['trailing dots and spaces go', 'name. . ', ['name']],
  ['a hidden file becomes a visible one', '.htaccess', ['_htaccess']],
  ['marks that reverse text are replaced', 'a\u202egpj.exe', ['a_gpj.exe']],
  ['line breaks are replaced', 'a\nb.jpg', ['a_b.jpg']],
  ['composed and decomposed letters are one name', 'e\u0301.jpg', ['é.jpg']],
  ['only dots', 'a/.../b.jpg', ['a', '_', 'b.jpg']],
])('%s', (_what, name, expected) => {
  expect(parts(name)).toEqual(expected);
});

test('a name too long for a file system keeps its extension and whole characters', () => {
  const [name = ''] = parts(`${'é'.repeat(300)}.jpeg`);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(240);
  expect(name).toMatch(/^é+\.jpeg$/);
});

test.each([
  ['a way up', '../x.jpg', /\.\./],
  ['a way up in the middle', 'a/../../x.jpg', /\.\./],
  ['a NUL', 'a\0.jpg', /NUL/],
  ['nothing', '', /no file name/],
  ['only separators', '///', /no file name/],
  ['too many folders', `${'a/'.repeat(40)}x.jpg`, /41 folders deep/],
])('%s is refused', (_what, name, message) => {
  expect(() => parts(name)).toThrow(message);
});

test('a name that is not URI-encoded UTF-8 is refused', () => {
  expect(() => safeUploadParts('%ff')).toThrow(/URI-encoded/);
});
