import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatProblems, loadConfig, parseConfig } from './index.ts';

const root = join(import.meta.dirname, '../../../..');
const pages = globSync(['README.md', 'CONTRIBUTING.md', '{docs,examples}/**/*.md', 'packages/*/README.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
});

/** Blocks of YAML for other programs, known by their first key. Everything else is for `grantway.yaml`. */
const ofOtherPrograms = new Set(['permissions', 'spec', 'grantway']);

/** What a page takes for granted when it shows a part of a file. A database stands in for one that the part leaves out. */
const rest = {
  issuer: 'https://access.example.com',
  masterKey: 'file:./master.key',
  listen: { http: '0.0.0.0:8400', postgres: '0.0.0.0:15432', redis: '0.0.0.0:16379' },
  tls: { certificate: './server.crt', privateKey: './server.key' },
  signIn: {
    local: {},
    card: { kind: 'certificate', authorities: './ca.crt', crl: './ca.crl', subject: '{CN}' },
  },
};

const databases: Readonly<Record<string, object>> = {
  authdb: {
    engine: 'postgres',
    host: 'db.internal',
    manager: { login: 'grantway_manager', password: 'env:MANAGER_PASSWORD' },
    roles: withRole(),
  },
  cache: { engine: 'redis', roles: withRole() },
};

function withRole() {
  return { everybody: { login: 'gw_everybody', password: 'env:GW_READONLY', allow: 'everyone' } };
}

type Section = Readonly<Record<string, unknown>>;

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `part` over `whole`: sections are merged, anything else is replaced. */
function merged(whole: unknown, part: unknown): unknown {
  if (!isSection(whole) || !isSection(part)) return part;
  const both = Object.keys(part).map((key) => [key, merged(whole[key], part[key])]);
  return { ...whole, ...Object.fromEntries(both) };
}

/** A whole file around a part of one: the roles of a database, some of its keys, a method, a client. */
function completed({ roles, ...others }: Section): unknown {
  const shown = roles === undefined ? others : { ...others, databases: { authdb: { roles } } };
  const named = isSection(shown.databases) ? Object.keys(shown.databases) : ['authdb'];
  const missing = Object.fromEntries(named.map((name) => [name, databases[name] ?? {}]));
  return merged({ ...rest, databases: missing }, shown);
}

const blocks = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(({ 1: block = '', index }) => ({
    place: `${page}:${text.slice(0, index).split('\n').length}`,
    block,
  }));
});

test.each(globSync('examples/*/grantway.yaml', { cwd: root }))('%s has no mistake', async (file) => {
  expect(await loadConfig(join(root, file), { env: {} })).toMatchObject({ outcome: 'loaded' });
});

test.each(blocks.filter(({ block }) => !ofOtherPrograms.has(block.split(':')[0] ?? '')))(
  'the configuration at $place has no mistake',
  ({ block }) => {
    const checked = parseConfig(JSON.stringify(completed(parse(block) ?? {})), 'grantway.yaml', {});
    expect(checked.outcome === 'invalid' ? formatProblems(checked.problems, 'grantway.yaml') : '').toBe('');
  },
);

test('the pages are found, and so are their configurations', () => {
  expect(pages.length).toBeGreaterThan(30);
  expect(blocks.length).toBeGreaterThan(15);
});
