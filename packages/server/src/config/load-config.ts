import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemReason } from '../core/index.ts';
import { buildConfig } from './build-config.ts';
import { checkFiles } from './check-files.ts';
import type { Config } from './config.ts';
import { crossCheck } from './cross-checks.ts';
import { applyEnvironment } from './environment.ts';
import { type ConfigProblem, formatPath, type KeyPath } from './problem.ts';
import { type ConfigFile, configSchema } from './schema.ts';
import { describeIssues, type Finding } from './schema-problems.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

/** A file above this size is not a configuration. */
const maxBytes = 1024 * 1024;

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration, or everything that is wrong with it in the order of the file. */
export type ConfigLoaded = { readonly outcome: 'loaded'; readonly config: Config } | ConfigInvalid;

interface ConfigInvalid {
  readonly outcome: 'invalid';
  readonly problems: readonly ConfigProblem[];
}

/**
 * Reads, checks and builds the configuration. Never throws for what is in the file, nor for a file that cannot be
 * read; of the other files it opens the client certificates alone, and resolves no secret.
 */
export async function loadConfig(
  file: string,
  options: { readonly env: Environment },
): Promise<ConfigLoaded> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readBounded(file);
  } catch (error) {
    const message = `The config file ${file} cannot be read: ${systemReason(error)}.`;
    const fix = 'Name one that this account may read with --config FILE.';
    return { outcome: 'invalid', problems: [{ path: '', message, fix }] };
  }
  if (bytes === undefined)
    return invalid('The file is larger than 1 MiB.', 'Name a configuration file, with --config FILE.');
  const text = decoded(bytes);
  if (text === undefined) return invalid('The file is not written in UTF-8.', 'Save it as UTF-8.');
  const read = readConfig(text, options.env);
  if (read.outcome === 'invalid') return read;
  return concluded(read, [...read.problems, ...(await checkFiles(read.value, file)).map(read.locate)], file);
}

/** As {@link loadConfig}, for text that is at hand, and without a look at other files. Relative paths start from `file`. */
export function parseConfig(text: string, file: string, env: Environment): ConfigLoaded {
  const read = readConfig(text, env);
  return read.outcome === 'invalid' ? read : concluded(read, read.problems, file);
}

/** What the text alone says. */
interface ConfigRead {
  readonly outcome: 'read';
  /** The file with the environment's overrides, whatever is wrong with it. */
  readonly value: unknown;
  /** Absent exactly when a key is wrong by itself. */
  readonly entry: ConfigFile | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly locate: (finding: Finding) => ConfigProblem;
}

function readConfig(text: string, env: Environment): ConfigRead | ConfigInvalid {
  const yaml = parseYaml(text);
  if (yaml.outcome === 'invalid') return yaml;
  const { source } = yaml;
  if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value))
    return invalid('This is not a section with keys.', 'Start with issuer: https://access.example.com.');

  const overrides = applyEnvironment(source.value, env);
  const parsed = configSchema.safeParse(overrides.value);
  const locate = (finding: Finding) =>
    toProblem(finding, source, overrides.variables.get(formatPath(finding.path)));
  const together = crossCheck(overrides.value);
  const known = new Set(together.map(({ path }) => formatPath(path)));
  // Which words a key takes may depend on other keys: whoever looked at those, too, knows better.
  const alone = (parsed.error?.issues ?? []).filter(
    ({ code, path }) => !(code === 'invalid_value' && known.has(formatPath(path as KeyPath))),
  );
  const problems = [
    ...overrides.findings.map((finding) => toProblem(finding, source, finding.variable)),
    ...[...describeIssues(alone, overrides.value), ...together].map(locate),
  ];
  return { outcome: 'read', value: overrides.value, entry: parsed.data, problems, locate };
}

function concluded({ entry }: ConfigRead, problems: readonly ConfigProblem[], file: string): ConfigLoaded {
  if (problems.length > 0 || entry === undefined) return { outcome: 'invalid', problems: inOrder(problems) };
  return { outcome: 'loaded', config: buildConfig(entry, resolve(file)) };
}

/** Without the mark that some editors put before the first line; undefined when it is another encoding. */
function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function readBounded(file: string): Promise<Buffer | undefined> {
  await using handle = await open(file, 'r');
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  // Not stat's size: that of a pipe or of /proc is 0.
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  return undefined;
}

function toProblem(finding: Finding, source: YamlSource, variable: string | undefined): ConfigProblem {
  return {
    path: formatPath(finding.path),
    ...source.locate(finding.path),
    ...(variable === undefined ? {} : { variable }),
    message: finding.message,
    fix: finding.fix,
  };
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted(
    (a, b) =>
      (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || a.path.localeCompare(b.path),
  );
}

function invalid(message: string, fix: string): ConfigInvalid {
  return { outcome: 'invalid', problems: [{ path: '', line: 1, column: 1, message, fix }] };
}
