import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { schemasAt } from './json-schema.ts';
import { type Mistake, unpackMistake } from './mistake.ts';
import type { KeyPath } from './problem.ts';

/** A mistake and the key that it is about. */
export interface Finding extends Mistake {
  readonly path: KeyPath;
}

type Issue = z.core.$ZodIssue;

/**
 * Puts the schema library's issues into our sentences. A value of the file is quoted only where a fixed set of words
 * is wanted; anywhere else it could be a secret that somebody wrote in the wrong place.
 */
export function describeIssues(
  issues: readonly Issue[],
  root: unknown,
  at: KeyPath = [],
): readonly Finding[] {
  return issues.flatMap((issue) => describe(issue, root, [...at, ...(issue.path as (string | number)[])]));
}

function describe(issue: Issue, root: unknown, path: KeyPath): readonly Finding[] {
  const own = unpackMistake(issue.message);
  if (own !== undefined) return [{ path, ...own }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], ...unknownKey(path, key) }));
    case 'invalid_union': {
      const option = likeliestOption(issue.errors);
      return option === undefined ? [{ path, ...wrongType(root, path) }] : describeIssues(option, root, path);
    }
    case 'invalid_key':
      return describeIssues(issue.issues as Issue[], root, path);
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

/** The option whose own type fits, so that its inner mistakes are the ones that help. */
function likeliestOption(errors: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return errors.find((issues) => !issues.some((issue) => issue.path.length === 0 && isTypeIssue(issue)));
}

function isTypeIssue(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function unknownKey(section: KeyPath, key: string): Mistake {
  const known = [...new Set(schemasAt(section).flatMap((schema) => Object.keys(schema.properties ?? {})))];
  const near = didYouMean(key, known);
  return {
    message: 'There is no such key here.',
    fix:
      near === undefined
        ? `Remove it. This section takes ${listed(known, 'and')}.`
        : `Did you mean ${near}? This section takes ${listed(known, 'and')}.`,
  };
}

function notOneOf(words: readonly string[], root: unknown, path: KeyPath): Mistake {
  const given = valueAt(root, path);
  if (typeof given !== 'string') return wrongType(root, path);
  const near = didYouMean(given, words);
  return {
    message: `${JSON.stringify(given.slice(0, 64))} is not a word that this key takes.`,
    fix: `${near === undefined ? 'Write' : `Did you mean ${near}? Write`} ${listed(words, 'or')}.`,
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
  const wanted = listed(
    [...new Set(schemas.map((schema) => typeNames[schema.type ?? ''] ?? 'a value'))],
    'or',
  );
  const given = valueAt(root, path);
  const fix = `Write ${wanted}${exampleOf(schemas)}.`;
  if (given === undefined) return { message: `The key ${path.at(-1) ?? ''} is missing.`, fix };
  if (given === null) return { message: 'Nothing is written here.', fix };
  return { message: `This is ${nameOf(given)}.`, fix };
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

function exampleOf(schemas: readonly { readonly examples?: readonly unknown[] }[]): string {
  const example = schemas.find((schema) => schema.examples !== undefined)?.examples?.[0];
  if (example === undefined) return '';
  return `, for example ${typeof example === 'string' ? example : JSON.stringify(example)}`;
}

/** `a, b or c`. */
export function listed(words: readonly string[], last: 'and' | 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
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
