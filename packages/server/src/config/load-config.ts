import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buildConfig } from './build-config.ts';
import type { Config } from './config.ts';
import { crossCheck } from './cross-checks.ts';
import { applyEnvironment } from './environment.ts';
import { type ConfigProblem, formatPath } from './problem.ts';
import { configSchema } from './schema.ts';
import { describeIssues, type Finding } from './schema-problems.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

/** A file above this size is not a configuration. */
const maxBytes = 1024 * 1024;

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration, or everything that is wrong with it in the order of the file. */
export type ConfigLoaded =
  | { readonly outcome: 'loaded'; readonly config: Config }
  | { readonly outcome: 'invalid'; readonly problems: readonly ConfigProblem[] };

/**
 * Reads, checks and builds the configuration. Never throws for what is in the file, nor for a file that cannot be
 * read; opens no other file and resolves no secret.
 */
export async function loadConfig(
  file: string,
  options: { readonly env: Environment },
): Promise<ConfigLoaded> {
  let text: string | undefined;
  try {
    text = await readBounded(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return invalid(
      `The file cannot be read: ${code}.`,
      'Name an existing file that this user may read, with --config FILE.',
    );
  }
  if (text === undefined)
    return invalid('The file is larger than 1 MiB.', 'Name a configuration file, with --config FILE.');
  return parseConfig(text, file, options.env);
}

/** As {@link loadConfig}, for text that is at hand. `file` is what relative paths start from. */
export function parseConfig(text: string, file: string, env: Environment): ConfigLoaded {
  const yaml = parseYaml(text);
  if (yaml.outcome === 'invalid') return yaml;
  const { source } = yaml;
  if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value))
    return invalid('This is not a section with keys.', 'Start with issuer: https://access.example.com.');

  const overrides = applyEnvironment(source.value, env);
  const parsed = configSchema.safeParse(overrides.value);
  const findings = [
    ...overrides.findings.map((finding) => toProblem(finding, source, finding.variable)),
    ...[
      ...(parsed.success ? [] : describeIssues(parsed.error.issues, overrides.value)),
      ...crossCheck(overrides.value),
    ].map((finding) => toProblem(finding, source, overrides.variables.get(formatPath(finding.path)))),
  ];
  if (findings.length > 0 || !parsed.success) return { outcome: 'invalid', problems: inOrder(findings) };
  return { outcome: 'loaded', config: buildConfig(parsed.data, resolve(file)) };
}

async function readBounded(file: string): Promise<string | undefined> {
  await using handle = await open(file, 'r');
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  // Not stat's size: that of a pipe or of /proc is 0.
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length);
    if (bytesRead === 0) return buffer.toString('utf8', 0, length);
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
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column || a.path.localeCompare(b.path));
}

function invalid(message: string, fix: string): ConfigLoaded {
  return { outcome: 'invalid', problems: [{ path: '', line: 1, column: 1, message, fix }] };
}
