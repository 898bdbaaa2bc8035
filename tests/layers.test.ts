import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const packages = join(import.meta.dirname, '..', 'packages');

/**
 * The layers of the server, lowest first. A folder may import from lower layers only: not from its own neighbours,
 * not upwards. `compose/`, the entry and the demo wire everything and stand above.
 */
const layers = [
  ['core'],
  ['policy', 'engines', 'config'],
  ['store'],
  ['identity', 'audit', 'vault', 'limits'],
  ['oauth'],
  ['gateway'],
  ['http'],
] as const;

/** Files and folders of the server that may import every layer. */
const aboveTheLayers = new Set(['compose', 'index', 'demo', 'operator']);

interface Source {
  /** Relative to `packages/`, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

interface Import {
  readonly specifier: string;
  readonly kind: 'value' | 'type' | 'lazy';
}

const sources = globSync('*/src/**/*.ts', { cwd: packages }).map(readSource);
const production = sources.filter(({ path }) => !path.endsWith('.test.ts'));
const server = production.filter(({ path }) => path.startsWith('server/src/'));

function readSource(file: string): Source {
  const text = readFileSync(join(packages, file), 'utf8');
  return {
    path: file.replaceAll('\\', '/'),
    text,
    lines: text.split('\n').length - 1,
    imports: readImports(text),
  };
}

/** The formatter gives every import one shape, so a pattern finds them all; comments are taken out first. */
function readImports(text: string): readonly Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const fixed = [...code.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)];
  const lazy = [...code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)];
  return [
    ...fixed.map(([, type, specifier = '']) => ({
      specifier,
      kind: type ? ('type' as const) : ('value' as const),
    })),
    ...lazy.map(([, specifier = '']) => ({ specifier, kind: 'lazy' as const })),
  ];
}

/** The folder directly under `server/src` that a path lies in, or the name of the file that stands there alone. */
function serverPart(path: string): string {
  return relative('server/src', path).split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

function layerOf(part: string): number {
  if (aboveTheLayers.has(part)) return layers.length;
  return layers.findIndex((layer) => (layer as readonly string[]).includes(part));
}

function resolve(from: Source, specifier: string): string {
  return posix.join(posix.dirname(from.path), specifier);
}

function relativeImports(source: Source): readonly string[] {
  return source.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => resolve(source, specifier));
}

/** What a file cannot be read without: what it loads, and the types that it names. */
function neededFiles(source: Source): readonly string[] {
  return source.imports
    .filter(({ specifier, kind }) => specifier.startsWith('.') && kind !== 'lazy')
    .map(({ specifier }) => resolve(source, specifier));
}

function reaches(needs: ReadonlyMap<string, readonly string[]>, from: string, goal: string): boolean {
  const seen = new Set<string>();
  const open = [...(needs.get(from) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === goal) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(needs.get(next) ?? []));
  }
  return false;
}

describe('the layers of the server', () => {
  test('the scan sees the imports of every form', () => {
    expect(
      readImports(
        [
          "import type { A } from './a.ts';",
          "import {\n  b,\n} from './b.ts';",
          "export { c } from './c.ts';",
          "import './d.ts';",
          "const e = await import('./e.ts');",
          "// import './f.ts';",
        ].join('\n'),
      ),
    ).toEqual([
      { specifier: './a.ts', kind: 'type' },
      { specifier: './b.ts', kind: 'value' },
      { specifier: './c.ts', kind: 'value' },
      { specifier: './d.ts', kind: 'value' },
      { specifier: './e.ts', kind: 'lazy' },
    ]);
  });

  test('every folder of the server has its place in the layers', () => {
    const unknown = server.filter(({ path }) => layerOf(serverPart(path)) === -1).map(({ path }) => path);
    expect(unknown).toEqual([]);
  });

  test('imports between folders go strictly downwards', () => {
    const upward = server.flatMap((source) =>
      relativeImports(source)
        .filter((target) => serverPart(target) !== serverPart(source.path))
        .filter((target) => layerOf(serverPart(source.path)) <= layerOf(serverPart(target)))
        .filter(() => layerOf(serverPart(source.path)) < layers.length)
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test('a folder is entered by its index.ts', () => {
    // A query driver loads a whole database library, which nothing but the HTTP door needs.
    const ownDoors = /^server\/src\/engines\/(mysql|postgres|redis)\/query-driver\.ts$/;
    const around = server
      .filter(({ path }) => !/\/(testing|conformance)\//.test(path))
      .flatMap((source) =>
        relativeImports(source)
          .filter((target) => serverPart(target) !== serverPart(source.path))
          .filter((target) => !target.endsWith('/index.ts') && !ownDoors.test(target))
          .map((target) => `${source.path} imports ${target}`),
      );
    expect(around).toEqual([]);
  });

  test('no file needs itself, by what it loads or by its types', () => {
    const needs = new Map(production.map((source) => [source.path, neededFiles(source)]));
    const circular = [...needs.keys()].filter((path) => reaches(needs, path, path));
    expect(circular).toEqual([]);
  });

  test('one engine does not import another, except redshift, which is what differs from postgres', () => {
    const engineOf = (path: string) =>
      /^server\/src\/engines\/(mysql|postgres|redis|redshift)\//.exec(path)?.[1] ?? 'shared';
    const allowed = new Set(['redshift imports postgres']);
    const crossing = server
      .filter(({ path }) => engineOf(path) !== 'shared')
      .flatMap((source) =>
        relativeImports(source)
          .map(engineOf)
          .filter((engine) => engine !== 'shared' && engine !== engineOf(source.path))
          .map((engine) => `${engineOf(source.path)} imports ${engine}`),
      )
      .filter((pair) => !allowed.has(pair));
    expect(crossing).toEqual([]);
  });

  test('redshift takes of postgres what that offers to its variations, and nothing by the path of its file', () => {
    const offered = ['postgres/for-variations.ts', 'postgres/roles/index.ts'];
    const taken = server
      .filter(({ path }) => path.startsWith('server/src/engines/redshift/'))
      .flatMap(relativeImports)
      .filter((path) => path.startsWith('server/src/engines/postgres/'))
      .filter((path) => !offered.some((one) => path.endsWith(one)));
    expect(taken).toEqual([]);
  });

  test('packages reach each other by their names, never by a path', () => {
    const leaving = production.flatMap((source) =>
      relativeImports(source)
        .filter((target) => target.split('/')[0] !== source.path.split('/')[0])
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(leaving).toEqual([]);
  });

  test('the server knows neither the command line nor the client, and the client knows neither of the others', () => {
    const forbidden: Readonly<Record<string, RegExp>> = {
      server: /^(grantway|@grantway\/client)(\/|$)/,
      client: /^(grantway|@grantway\/server)(\/|$)/,
      cli: /^$/,
      console: /^(grantway|@grantway\/server)(\/|$)/,
    };
    const wrong = production.flatMap((source) =>
      source.imports
        .filter(({ specifier }) => forbidden[source.path.split('/')[0] ?? '']?.test(specifier))
        .map(({ specifier }) => `${source.path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test('the command line loads the server only when a command needs it', () => {
    const eager = production
      .filter(({ path }) => path.startsWith('cli/'))
      .flatMap((source) =>
        source.imports
          .filter(({ specifier, kind }) => specifier.startsWith('@grantway/server') && kind === 'value')
          .map(({ specifier }) => `${source.path} imports ${specifier}`),
      );
    expect(eager).toEqual([]);
  });

  test('only policy/decide.ts mints permits', () => {
    const callers = production
      .filter(({ text }) => /\bmintPermit\s*\(/.test(text))
      .map(({ path }) => path)
      .filter((path) => path !== 'server/src/core/permit.ts');
    expect(callers).toEqual(['server/src/policy/decide.ts']);
  });

  test('outside engines/ nothing branches on the name of an engine', () => {
    const branch = /\bswitch\s*\([^)]*\bengine\b|\bengine(?:\.name|Name)?\s*[!=]==?\s*['"]/;
    const branching = production
      .filter(({ path }) => !path.startsWith('server/src/engines/'))
      .filter(({ text }) => branch.test(text))
      .map(({ path }) => path);
    expect(branching).toEqual([]);
  });
});

describe('the shape of the sources', () => {
  test('every folder opens with an index.ts whose top comment says what it owns', () => {
    const folders = new Set(
      production.map(({ path }) => dirname(path)).filter((folder) => !folder.endsWith('/src')),
    );
    const silent = [...folders].filter((folder) => {
      const index = production.find(({ path }) => path === `${folder}/index.ts`);
      return !index?.text.startsWith('/**');
    });
    expect(silent).toEqual([]);
  });

  test('names are kebab-case, and no folder or file is a drawer for everything', () => {
    const odd = sources
      .map(({ path }) => path)
      .filter(
        (path) =>
          !/^[a-z0-9/.-]+$/.test(path) || /(^|\/)(utils?|helpers?|common|misc|shared)(\/|\.ts$)/.test(path),
      );
    expect(odd).toEqual([]);
  });

  test('nothing is exported by default', () => {
    const wrong = sources.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  test('no file is longer than 600 lines, and nine in ten stay under 300', () => {
    const tooLong = sources.filter(({ lines }) => lines > 600).map(({ path, lines }) => `${path}: ${lines}`);
    expect(tooLong).toEqual([]);
    const long = sources.filter(({ lines }) => lines > 300);
    expect(long.length, long.map(({ path }) => path).join(' ')).toBeLessThanOrEqual(sources.length / 10);
  });
});

test('the examples use what is published of the client, and nothing else of ours', () => {
  const examples = join(packages, '..', 'examples');
  const specifiers = globSync('*/src/**/*.ts', { cwd: examples }).flatMap((file) =>
    readImports(readFileSync(join(examples, file), 'utf8')).map(({ specifier }) => specifier),
  );
  expect(specifiers).toContain('@grantway/client');
  expect(
    specifiers.filter((specifier) => /^(grantway|@grantway\/server)(\/|$)|packages\//.test(specifier)),
  ).toEqual([]);
});
