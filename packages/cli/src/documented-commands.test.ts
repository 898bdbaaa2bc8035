import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { run } from './main.ts';

/** Every command and every flag that a page shows is one that the program has. */

const root = join(import.meta.dirname, '../../..');
const pages = globSync(['README.md', 'CONTRIBUTING.md', '{docs,examples}/**/*.md', 'packages/*/README.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
});

interface Shown {
  /** `grantway`, its command, and the command's own command where it has some. */
  readonly command: string;
  readonly flags: readonly string[];
}

/** The lines that somebody would type: those of blocks, and spans of code that begin with the program's name. */
function commandLines(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```(?:sh)?\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const spans = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map(
    ([, code = '']) => code,
  );
  return [...blocks, ...spans].flatMap((line) =>
    [...line.replace(/\s#.*/, '').matchAll(/(?:^\s*|\$\(|["'|]\s*|npx )grantway ([a-z|]+(?: .*)?)$/g)].map(
      ([, words = '']) => words,
    ),
  );
}

/** `roles plan|apply shop --json` shows two commands. What stands behind `--` is for another program. */
function shownIn(line: string): readonly Shown[] {
  const [words = ''] = line.split(/ -- |\)/);
  const [first = '', second = ''] = words.split(' ');
  const flags = [...words.matchAll(/\s(--[a-z][a-z-]*)/g)].map(([, flag = '']) => flag);
  const inner = groups.has(first) && /^[a-z|-]+$/.test(second) ? second.split('|') : [''];
  return first
    .split('|')
    .flatMap((outer) => inner.map((name) => ({ command: `${outer} ${name}`.trim(), flags })));
}

/** The commands that only hold others. */
const groups = new Set(['users', 'clients', 'consents', 'sessions', 'roles', 'audit', 'keys']);

async function helpOf(command: string): Promise<{ readonly code: number; readonly help: string }> {
  const out = new PassThrough();
  const code = await run([...command.split(' '), '--help'], {
    out,
    err: new PassThrough(),
    env: {},
    interactive: false,
  });
  return { code, help: String(out.read() ?? '') };
}

const shown = pages.flatMap((page) =>
  commandLines(readFileSync(join(root, page), 'utf8'))
    .flatMap(shownIn)
    .map((one) => ({ page, ...one, title: [one.command, ...one.flags].join(' ') })),
);

test.each(shown)('$page shows `grantway $title`, which exists', async ({ command, flags }) => {
  const { code, help } = await helpOf(command);
  expect(code).toBe(0);
  expect(help).toContain(`Usage: grantway ${command} `);
  expect(flags.filter((flag) => !help.includes(flag))).toEqual([]);
});

/** The names that a help lists below its headings. */
async function namesIn(...argv: readonly string[]): Promise<readonly string[]> {
  const out = new PassThrough();
  await run([...argv, '--help'], { out, err: new PassThrough(), env: {}, interactive: false });
  const names = [...String(out.read() ?? '').matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name = '']) => name);
  return names.filter((name) => name !== 'help');
}

test('every command stands on the page about the command line', async () => {
  const page = new Set(
    shown.filter(({ page }) => page === 'docs/command-line.md').map(({ command }) => command),
  );
  const outer = await namesIn();
  const inner = outer.map(async (name) =>
    groups.has(name) ? (await namesIn(name)).map((one) => `${name} ${one}`) : [name],
  );
  const commands = (await Promise.all(inner)).flat();
  expect(commands.length).toBeGreaterThan(40);
  expect(commands.filter((command) => !page.has(command))).toEqual([]);
});

test('the commands on the pages are found', () => {
  expect(shown.length).toBeGreaterThan(60);
});
