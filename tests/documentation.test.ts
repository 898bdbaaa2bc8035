import { globSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';

/** The pages: they lead only to what is there, and each can be found from the first one. */

const root = join(import.meta.dirname, '..');
const pages = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules/**', '.grantway/**'] })
  .map((path) => path.replaceAll('\\', '/'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** Where the paths that a page mentions start. */
const starts = ['', 'packages/server/src', 'packages/server', 'packages'];

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '');
}

/** The targets of all links of a page, as they are written. */
function linksOf({ text }: { readonly text: string }): readonly string[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors that a page has: its headings as GitHub names them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function isThere(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

function leadsNowhere(page: string, target: string): boolean {
  if (/^[a-z]+:/.test(target)) return false;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!isThere(file)) return true;
  return anchor !== undefined && !anchorsOf(readFileSync(join(root, file), 'utf8')).has(anchor);
}

/** Paths of sources that a page mentions: files of TypeScript, and folders in backticks. `*` stands for any name. */
function pathsIn(text: string): readonly string[] {
  const files = text.matchAll(/(?<![\w/.@-])((?:[\w@*-]+\/)+[\w.*-]+\.ts)\b/g);
  const folders = text.matchAll(/`((?:[a-z-]+\/)+)`/g);
  return [...files, ...folders].map(([, path = '']) => path);
}

test.each(pages)('every link of $path leads somewhere', ({ path, text }) => {
  expect(linksOf({ text }).filter((target) => leadsNowhere(path, target))).toEqual([]);
});

test.each(pages.filter(({ path }) => path !== 'CHANGELOG.md'))(
  'every source that $path names exists',
  ({ path, text }) => {
    const from = [...starts, posix.dirname(path)].map((start) => join(root, start));
    const lost = pathsIn(text).filter((named) => from.every((cwd) => globSync(named, { cwd }).length === 0));
    expect(lost).toEqual([]);
  },
);

/** The rows of tables with more or fewer cells than their head: what stands in one too many is not shown. */
function brokenRows(text: string): readonly string[] {
  const cells = (row: string) => row.trimEnd().split(/(?<!\\)\|/).length;
  let head: number | undefined;
  return withoutBlocks(text)
    .split('\n')
    .filter((line) => {
      head = line.startsWith('|') ? (head ?? cells(line)) : undefined;
      return head !== undefined && cells(line) !== head;
    });
}

test.each(pages)('every row of a table of $path has the cells of its head', ({ text }) => {
  expect(brokenRows(text)).toEqual([]);
});

test('every page can be reached from the README by links', () => {
  const reached = new Set(['README.md']);
  // A set hands out what is added while it is walked.
  for (const path of reached) {
    for (const target of linksOf({ text: pages.find((page) => page.path === path)?.text ?? '' })) {
      const file = posix.join(posix.dirname(path), target.split('#')[0] ?? '').replace(/\/$/, '');
      for (const page of pages)
        if (page.path === file || posix.dirname(page.path) === file) reached.add(page.path);
    }
  }
  expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});
