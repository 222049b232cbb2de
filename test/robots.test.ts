import { describe, expect, test } from 'vitest';
import { parseRobots, ROBOTS_LIMIT } from '../src/main/engine/acquire/robots.ts';

const robots = (text: string) => parseRobots(Buffer.from(text));
const allows = (text: string, path: string, userAgent = 'FooBot/1.0 (+https://example.org)'): boolean => robots(text).judge(userAgent, new URL(path, 'https://example.org')).allowed;

describe('a robots.txt', () => {
  test.each([
    ['nothing', '', true],
    ['an empty rule', 'User-agent: *\nDisallow:', true],
    ['everything forbidden', 'User-agent: *\nDisallow: /', false],
    ['another crawler forbidden', 'User-agent: BarBot\nDisallow: /', true],
    ['this crawler by name, whatever the case', 'user-AGENT: fOObOT\nDISALLOW: /', false],
    ['this crawler by name and version', 'User-agent: FooBot/1.0\nDisallow: /', false],
    ['a name that only begins alike', 'User-agent: Foo\nDisallow: /', true],
    ['a rule before every name', 'Disallow: /\nUser-agent: BarBot\nDisallow: /', true],
    ['its own group before the one for all', 'User-agent: *\nDisallow: /\nUser-agent: FooBot\nAllow: /', true],
    ['its own group, empty', 'User-agent: *\nDisallow: /\nUser-agent: FooBot', true],
    ['two groups of its name, which count together', 'User-agent: FooBot\nDisallow: /x\nUser-agent: FooBot\nDisallow: /a', false],
    ['names that share a group', 'User-agent: BarBot\nUser-agent: FooBot\nDisallow: /', false],
    ['a line between names that is none of ours', 'User-agent: BarBot\nSitemap: https://example.org/s.xml\nUser-agent: FooBot\nDisallow: /', false],
    ['comments, spaces, a byte order mark and other line ends', '\ufeffUser-agent :  FooBot # me\r  Disallow\t:/a.jpg#all\r\n', false],
    ['lines that are none', 'hello\nUser-agent: FooBot\n<html>\nDisallow: /a', false],
    ['the longer rule', 'User-agent: *\nDisallow: /\nAllow: /a', true],
    ['the longer rule, whatever the order', 'User-agent: *\nAllow: /a\nDisallow: /a.j', false],
    ['rules of the same length', 'User-agent: *\nDisallow: /a\nAllow: /a', true],
    ['a path in another case', 'User-agent: *\nDisallow: /A.jpg', true],
    ['a pattern', 'User-agent: *\nDisallow: /*.jpg', false],
    ['a pattern with an end', 'User-agent: *\nDisallow: /*.jpg$', false],
    ['a pattern that ends before', 'User-agent: *\nDisallow: /a$', true],
    ['a dollar that is no end', 'User-agent: *\nDisallow: /a$.jpg', true],
    ['stars without number', `User-agent: *\nDisallow: /${'*a'.repeat(2000)}`, true],
    ['a path without a slash', 'User-agent: *\nDisallow: a.jpg', true],
  ])('with %s', (_what, text, expected) => {
    expect(allows(text, '/a.jpg')).toBe(expected);
  });

  test('compares paths in one form: escapes of letters, of other scripts, and of what has a meaning', () => {
    expect(allows('User-agent: *\nDisallow: /%61b', '/ab')).toBe(false);
    expect(allows('User-agent: *\nDisallow: /ab', '/%61b')).toBe(false);
    expect(allows('User-agent: *\nDisallow: /größe', '/gr%C3%B6%c3%9fe')).toBe(false);
    expect(allows('User-agent: *\nDisallow: /a%2fb', '/a%2Fb')).toBe(false);
    expect(allows('User-agent: *\nDisallow: /a%2fb', '/a/b')).toBe(true);
    expect(allows('User-agent: *\nDisallow: /a?b=*&c', '/a?b=1&c=2')).toBe(false);
  });

  test('always allows itself, and a folder by its index page', () => {
    expect(allows('User-agent: *\nDisallow: /', '/robots.txt')).toBe(true);
    const text = 'User-agent: *\nDisallow: /p\nAllow: /p/index.html';
    expect(['/p/', '/p/index.html', '/p/other'].map((path) => allows(text, path))).toEqual([true, true, false]);
  });

  test('says which rule decided, how long to wait, and where its sitemaps are', () => {
    const found = robots('Sitemap: https://example.org/a.xml\nUser-agent: FooBot\nCrawl-delay: 2.5\nDisallow: /private/*.jpg$\nUser-agent: *\nCrawl-delay: 10\nsitemap: /b.xml');
    expect(found.judge('FooBot', new URL('https://example.org/private/x/a.jpg'))).toMatchObject({ allowed: false, rule: { text: 'Disallow: /private/*.jpg$' } });
    expect([found.crawlDelay('FooBot'), found.crawlDelay('Other'), found.sitemaps]).toEqual([2.5, 10, ['https://example.org/a.xml', '/b.xml']]);
  });

  test('is read up to 500 KiB, and no pattern takes long', () => {
    const filler = `# ${'x'.repeat(1000)}\n`.repeat(ROBOTS_LIMIT / 1003 + 1);
    expect(allows(`${filler}User-agent: *\nDisallow: /`, '/a.jpg')).toBe(true);
    expect(allows(`User-agent: *\nDisallow: /${'*a'.repeat(500)}b`, `/${'a'.repeat(5000)}`)).toBe(true);
  });
});
