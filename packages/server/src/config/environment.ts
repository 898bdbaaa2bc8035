import { didYouMean } from './did-you-mean.ts';
import { alternatives, configJsonSchema, type JsonSchema } from './json-schema.ts';
import { listed } from './listed.ts';
import { formatPath, type KeyPath } from './problem.ts';
import type { Finding } from './schema-problems.ts';

/**
 * Single keys from the environment. `GRANTWAY_` and then the path of the key in capitals, `_` between keys and for
 * every character inside a key that is no letter or digit: `GRANTWAY_DATABASES_AUTHDB_HOST` is
 * `databases.authdb.host`. A key in camel case is one word or several: `GRANTWAY_DATADIR`, `GRANTWAY_DATA_DIR`.
 *
 * Only keys that hold one value can be set, and entries under a name of your own (a database, a role, a client, a
 * person) must be in the file. A variable that the file itself names as `env:GRANTWAY_…` is a secret and no override.
 * `GRANTWAY_CLI_…` and `GRANTWAY_TEST_…` belong to other programs.
 */
export interface Overrides {
  /** The file's content with the variables applied; the given value itself is left as it is. */
  readonly value: unknown;
  /** Which variable set which key, by formatted path. */
  readonly variables: ReadonlyMap<string, string>;
  /** Variables that look like a key of the config and are none. */
  readonly findings: readonly (Finding & { readonly variable: string })[];
}

const prefix = 'GRANTWAY_';
const foreign = /^GRANTWAY_(CLI|TEST)(_|$)/;

/** Applies the `GRANTWAY_` variables of `env` to the parsed file. */
export function applyEnvironment(
  file: unknown,
  env: Readonly<Record<string, string | undefined>>,
): Overrides {
  const value: unknown = structuredClone(file);
  const variables = new Map<string, string>();
  const findings: (Finding & { readonly variable: string })[] = [];
  const secrets = referencedVariables(file);
  for (const [variable, given] of Object.entries(env)) {
    if (
      given === undefined ||
      !variable.startsWith(prefix) ||
      foreign.test(variable) ||
      secrets.has(variable)
    )
      continue;
    const rest = variable.slice(prefix.length);
    const targets = [...leaves(configJsonSchema(), value, rest, [])];
    const [target] = targets;
    if (target === undefined) {
      if (looksLikeKey(rest)) findings.push({ path: [], variable, ...unknownVariable(variable) });
    } else if (targets.length > 1) {
      const paths = targets.map((each) => formatPath(each.path));
      findings.push({
        path: [],
        variable,
        message: `This variable fits ${listed(paths, 'and')}.`,
        fix: 'Set the key in the file, or rename one of the entries.',
      });
    } else {
      set(value, target.path, convert(given, target.schema));
      variables.set(formatPath(target.path), variable);
    }
  }
  return { value, variables, findings };
}

interface Leaf {
  readonly path: KeyPath;
  readonly schema: JsonSchema;
}

function* leaves(schema: JsonSchema, value: unknown, rest: string, path: KeyPath): Generator<Leaf> {
  for (const option of alternatives(schema)) {
    for (const [key, child] of children(option, value)) {
      for (const name of variableNames(key)) {
        const at = [...path, key];
        if (rest === name)
          yield* alternatives(child)
            .filter(isScalar)
            .slice(0, 1)
            .map((leaf) => ({ path: at, schema: leaf }));
        else if (rest.startsWith(`${name}_`))
          yield* leaves(child, own(value, key), rest.slice(name.length + 1), at);
      }
    }
  }
}

function children(schema: JsonSchema, value: unknown): readonly (readonly [string, JsonSchema])[] {
  const fixed = Object.entries(schema.properties ?? {});
  const entry = schema.additionalProperties;
  if (typeof entry !== 'object' || typeof value !== 'object' || value === null) return fixed;
  return [...fixed, ...Object.keys(value).map((key) => [key, entry] as const)];
}

function variableNames(key: string): ReadonlySet<string> {
  const split = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  return new Set([key, split].map((form) => form.toUpperCase().replace(/[^A-Z0-9]/g, '_')));
}

function isScalar(schema: JsonSchema): boolean {
  return schema.type !== 'object' && schema.type !== 'array';
}

/** A text that is no number or truth value is left for the schema to refuse. */
function convert(given: string, schema: JsonSchema): string | number | boolean {
  if ((schema.type === 'integer' || schema.type === 'number') && /^-?\d+(\.\d+)?$/.test(given))
    return Number(given);
  if (schema.type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true';
  return given;
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

/** Sets a key; sections in between that the file leaves out are made. */
function set(root: unknown, path: KeyPath, value: unknown): void {
  let section = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    if (typeof section[key] !== 'object' || section[key] === null) section[key] = {};
    section = section[key] as Record<string | number, unknown>;
  }
  section[path.at(-1) ?? ''] = value;
}

function referencedVariables(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (typeof node === 'string' && node.startsWith('env:')) found.add(node.slice('env:'.length));
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    Object.values(node).forEach(visit);
  };
  visit(value);
  return found;
}

/**
 * Whether a variable was surely meant for the config: it starts with a section's name, or is a slip of a single
 * value's. `GRANTWAY_ISSUER_URL` and `GRANTWAY_TOKEN` are neither, and may be another program's.
 */
function looksLikeKey(rest: string): boolean {
  return Object.entries(configJsonSchema().properties ?? {}).some(([key, schema]) => {
    const inside = [...variableNames(key)].some((name) => rest === name || rest.startsWith(`${name}_`));
    const section = alternatives(schema).some((option) => !isScalar(option));
    return section ? inside : !inside && didYouMean(rest, [key]) !== undefined;
  });
}

function unknownVariable(variable: string) {
  return {
    message: `The variable ${variable} names no key that can be set this way.`,
    fix: 'Write the path of a single value in capitals, as in GRANTWAY_DATABASES_AUTHDB_HOST; the database must be in the file.',
  };
}
