import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { type JsonSchema, schemasAt } from './json-schema.ts';
import { listed } from './listed.ts';
import { type Mistake, unpackMistake } from './mistake.ts';
import { formatPath, type KeyPath } from './problem.ts';

/** A mistake and the key that it is about. */
export interface Finding extends Mistake {
  readonly path: KeyPath;
}

type Issue = z.core.$ZodIssue;

/**
 * Puts the schema library's issues into our sentences. A value of the file is quoted only where a fixed set of words
 * is wanted; anywhere else it could be a secret that somebody wrote in the wrong place.
 */
export function describeIssues(issues: readonly Issue[], root: unknown): readonly Finding[] {
  return withoutEchoes(describeAll(issues, root, []));
}

function describeAll(issues: readonly Issue[], root: unknown, at: KeyPath): readonly RawFinding[] {
  return issues.flatMap((issue) => describe(issue, root, [...at, ...(issue.path as (string | number)[])]));
}

/** A finding, with the key that an unknown one seems to be meant for. */
interface RawFinding extends Finding {
  readonly meant?: string | undefined;
}

/** One slip, one problem: a misspelt key is not also missing, and a hash that was cut at its commas is no row of keys. */
function withoutEchoes(findings: readonly RawFinding[]): readonly Finding[] {
  const at = (finding: RawFinding) => formatPath(finding.path);
  const misspelt = new Set(
    findings.flatMap(({ path, meant }) =>
      meant === undefined ? [] : [formatPath([...path.slice(0, -1), meant])],
    ),
  );
  const cutHashes = new Set(
    findings
      .filter(({ path }) => path.at(-1) === 'passwordHash')
      .map(({ path }) => formatPath(path.slice(0, -1))),
  );
  return findings
    .filter((finding) => !misspelt.has(at(finding)))
    .filter(
      ({ path }) => !(cutHashes.has(formatPath(path.slice(0, -1))) && String(path.at(-1)).includes('=')),
    )
    .map(({ path, message, fix }) => ({ path, message, fix }));
}

function describe(issue: Issue, root: unknown, path: KeyPath): readonly RawFinding[] {
  const own = unpackMistake(issue.message);
  if (own !== undefined) return [{ path, ...own }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], ...unknownKey(path, key, root) }));
    case 'invalid_union': {
      const option = likeliestOption(issue.errors, valueAt(root, path));
      return option === undefined ? [{ path, ...wrongType(root, path) }] : describeAll(option, root, path);
    }
    case 'invalid_key':
      return describeAll(issue.issues as Issue[], root, path);
    case 'invalid_value':
      return [{ path, ...notOneOf(issue.values.map(String), root, path) }];
    case 'too_small':
      return [{ path, ...bounds(issue.origin, 'at least', Number(issue.minimum)) }];
    case 'too_big':
      return [{ path, ...bounds(issue.origin, 'at most', Number(issue.maximum)) }];
    default:
      return [{ path, ...wrongType(root, path) }];
  }
}

/** The option that the value was meant for, so that its inner mistakes are the ones that help. */
function likeliestOption(
  errors: readonly (readonly Issue[])[],
  given: unknown,
): readonly Issue[] | undefined {
  const atTop = (issues: readonly Issue[], code: string) =>
    issues.some((issue) => issue.path.length === 0 && issue.code === code);
  const fitting = errors.find((issues) => !atTop(issues, 'invalid_type') && !atTop(issues, 'invalid_value'));
  if (fitting !== undefined || typeof given !== 'string') return fitting;
  return errors.find((issues) => atTop(issues, 'invalid_value'));
}

function unknownKey(
  section: KeyPath,
  key: string,
  root: unknown,
): Mistake & { readonly meant: string | undefined } {
  if (key === '<<')
    return {
      meant: undefined,
      message: 'Keys are not merged here.',
      fix: 'Write out the keys that << stands for.',
    };
  const kind = valueAt(root, [...section, 'kind']);
  // Of a choice between kinds of section the one that is meant.
  const schemas = schemasAt(section).filter(({ properties }) => (properties?.kind?.const ?? kind) === kind);
  const known = [...new Set(schemas.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  const meant = didYouMean(key, known);
  const takes = `This section takes ${listed(known, 'and')}.`;
  return {
    meant,
    message: 'There is no such key here.',
    fix: meant === undefined ? `Remove it. ${takes}` : `Did you mean ${meant}? ${takes}`,
  };
}

function notOneOf(words: readonly string[], root: unknown, path: KeyPath): Mistake {
  const given = valueAt(root, path);
  if (typeof given !== 'string') return wrongType(root, path);
  const near = didYouMean(given, words);
  const question = near === undefined ? '' : `Did you mean ${near}? `;
  return {
    message: `${JSON.stringify(given.slice(0, 64))} is not a word that this key takes.`,
    fix: `${question}Write ${wanted(schemasAt(path))}.`,
  };
}

function bounds(origin: string, which: 'at least' | 'at most', bound: number): Mistake {
  switch (origin) {
    case 'string':
      return bound === 1 && which === 'at least'
        ? { message: 'This text is empty.', fix: 'Write something, or remove the key.' }
        : {
            message: `This text is too ${which === 'at most' ? 'long' : 'short'}.`,
            fix: `Write ${which} ${bound} characters.`,
          };
    case 'array':
      return { message: 'This list is empty.', fix: 'Add an entry, or remove the key.' };
    default:
      return { message: 'This number is out of range.', fix: `Write ${which} ${bound}.` };
  }
}

function wrongType(root: unknown, path: KeyPath): Mistake {
  const schemas = schemasAt(path);
  const fix = `Write ${wanted(schemas)}${exampleOf(schemas)}.`;
  const given = valueAt(root, path);
  if (given === undefined) return { message: `The key ${path.at(-1) ?? ''} is missing.`, fix };
  if (given === null) return { message: 'Nothing is written here.', fix };
  return { message: `This is ${nameOf(given)}, which this key does not take.`, fix };
}

/** What the schemas take, in words: the words themselves where there are some. */
function wanted(schemas: readonly JsonSchema[]): string {
  const options = schemas.flatMap((schema) => {
    const words = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
    return words?.map(String) ?? [typeNames[String(schema.type)] ?? 'a value'];
  });
  return listed([...new Set(options)], 'or');
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
};

function nameOf(given: unknown): string {
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'number') return Number.isInteger(given) ? 'a number' : 'a number with a fraction';
  if (typeof given === 'boolean') return 'true or false, without quotes';
  return typeof given === 'object' ? 'a section with keys' : 'a text';
}

function exampleOf(schemas: readonly JsonSchema[]): string {
  const example = schemas.find((schema) => schema.examples !== undefined)?.examples?.[0];
  // A word of a choice is its own example.
  if (example === undefined || schemas.some((schema) => schema.enum !== undefined)) return '';
  return `, for example ${typeof example === 'string' ? example : JSON.stringify(example)}`;
}

/** What stands at a path; undefined when nothing does. Own properties only. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
