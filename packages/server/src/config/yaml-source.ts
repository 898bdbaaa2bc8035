import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { ConfigProblem, KeyPath } from './problem.ts';

/** Aliases may repeat this much content; a file that unfolds to more is an attack or a mistake. */
const aliasLimit = 50;

/** A config file that is well-formed YAML, and where its keys stand. */
export interface YamlSource {
  /** Plain objects, lists and scalars. */
  readonly value: unknown;
  /** Where the key or list entry stands; the nearest existing parent for one that is missing. Counted from 1. */
  locate(path: KeyPath): { readonly line: number; readonly column: number };
}

/** The outcome of {@link parseYaml}. */
export type YamlParsed =
  | { readonly outcome: 'parsed'; readonly source: YamlSource }
  | { readonly outcome: 'invalid'; readonly problems: readonly ConfigProblem[] };

/**
 * Parses YAML 1.2 (core schema) with positions. Refuses duplicate keys, tags, several documents and too many aliases:
 * each of them can make a reader and the program see different things.
 */
export function parseYaml(text: string): YamlParsed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // The pretty form quotes the line, which may hold a secret.
    prettyErrors: false,
    strict: true,
    uniqueKeys: true,
    merge: false,
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
  });
  const faults = [...document.errors, ...document.warnings].map((fault) => {
    const { line, col } = lines.linePos(fault.pos[0]);
    return { path: '', line, column: col, ...describeFault(fault.code) };
  });
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const { line, col } = lines.linePos(rangeStart(alias) ?? 0);
      faults.push({ path: '', line, column: col, ...describeFault('BAD_ALIAS') });
    },
  });
  if (faults.length > 0) return { outcome: 'invalid', problems: faults };
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasLimit });
    return { outcome: 'parsed', source: { value, locate: (path) => locate(document, lines, path) } };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const problem = {
      path: '',
      line: 1,
      column: 1,
      message: 'The aliases of this file unfold to too much.',
      fix: 'Write the values out instead of using *aliases.',
    };
    return { outcome: 'invalid', problems: [problem] };
  }
}

function describeFault(code: string): Pick<ConfigProblem, 'message' | 'fix'> {
  switch (code) {
    case 'DUPLICATE_KEY':
      return { message: 'This key stands here twice.', fix: 'Keep one of the two.' };
    case 'TAB_AS_INDENT':
      return { message: 'YAML does not take tabs as indentation.', fix: 'Indent with spaces.' };
    case 'BAD_INDENT':
      return {
        message: 'The indentation does not fit the lines above.',
        fix: 'Align it with the entries of its level, or close a bracket or quote above it.',
      };
    case 'TAG_RESOLVE_FAILED':
      return {
        message: 'Tags (!name) are not taken here.',
        fix: 'Remove the tag and write the plain value.',
      };
    case 'BAD_ALIAS':
      return {
        message: 'There is no &anchor for this alias.',
        fix: 'Put a text that starts with * into quotes.',
      };
    case 'MULTIPLE_DOCS':
      return {
        message: 'The file holds more than one document.',
        fix: 'Remove the line --- and what follows it.',
      };
    default:
      return {
        message: `This is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')}).`,
        fix: 'Look for a missing colon, quote, bracket or space in this line and the one above.',
      };
  }
}

function locate(document: Document, lines: LineCounter, path: KeyPath): { line: number; column: number } {
  let node: unknown = document.contents;
  let found = rangeStart(node);
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) break;
      found = rangeStart(pair.key) ?? found;
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      found = rangeStart(node) ?? found;
    } else break;
  }
  const { line, col } = lines.linePos(found ?? 0);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
