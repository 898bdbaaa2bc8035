import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
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
    // What is wrong is returned; nothing is written to the terminal beside it.
    logLevel: 'error',
    // The pretty form quotes the line, which may hold a secret.
    prettyErrors: false,
    strict: true,
    uniqueKeys: true,
    merge: false,
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
  });
  const faults: Fault[] = [...document.errors, ...document.warnings].map(({ code, pos: [at] }) => ({
    code,
    at,
  }));
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined)
        faults.push({ code: 'BAD_ALIAS', at: rangeStart(alias) ?? 0 });
    },
    Pair(_, pair) {
      const code = keyFault(pair);
      if (code !== undefined) faults.push({ code, at: rangeStart(pair.key) ?? 0 });
    },
  });
  if (faults.length > 0) {
    const problems = withoutEchoes(faults).map(({ code, at }) => {
      const { line, col } = lines.linePos(at);
      return { path: '', line, column: col, ...describeFault(code) };
    });
    return { outcome: 'invalid', problems };
  }
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

interface Fault {
  /** The parser's code, or one of ours. */
  readonly code: string;
  /** Offset in the text. */
  readonly at: number;
}

/** A key that would be another one, or none, as an object's: the schema could not see it. */
function keyFault({ key }: Pair): string | undefined {
  if (isScalar(key)) return key.value === '__proto__' ? 'RESERVED_KEY' : undefined;
  return isMap(key) || isSeq(key) ? 'KEY_IS_NO_TEXT' : undefined;
}

/** After a slip the parser is lost and finds fault with the shape of lines that are right: of those only the first counts. */
function withoutEchoes(faults: readonly Fault[]): readonly Fault[] {
  const sorted = faults.toSorted((a, b) => a.at - b.at || Number(isVague(a)) - Number(isVague(b)));
  return sorted.filter((fault, index) => index === 0 || !(isVague(fault) || fault.code === 'BAD_INDENT'));
}

/** Whether we have no words of our own for it. */
function isVague({ code }: Fault): boolean {
  return !Object.hasOwn(faultWords, code);
}

function describeFault(code: string): Pick<ConfigProblem, 'message' | 'fix'> {
  const words = Object.hasOwn(faultWords, code) ? faultWords[code] : undefined;
  return (
    words ?? {
      message: `This is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')}).`,
      fix: 'Look for a missing colon, quote, bracket or space in this line and the one above.',
    }
  );
}

const faultWords: Readonly<Record<string, Pick<ConfigProblem, 'message' | 'fix'>>> = {
  DUPLICATE_KEY: { message: 'This key stands here twice.', fix: 'Keep one of the two.' },
  TAB_AS_INDENT: { message: 'YAML does not take tabs as indentation.', fix: 'Indent with spaces.' },
  BAD_INDENT: {
    message: 'The indentation does not fit the lines above.',
    fix: 'Align it with the entries of its level, or close a bracket or quote above it.',
  },
  TAG_RESOLVE_FAILED: {
    message: 'Tags (!name) are not taken here.',
    fix: 'Remove the tag and write the plain value.',
  },
  BAD_ALIAS: {
    message: 'There is no &anchor for this alias.',
    fix: 'Put a text that starts with * into quotes.',
  },
  MULTIPLE_DOCS: {
    message: 'The file holds more than one document.',
    fix: 'Remove the line --- and what follows it.',
  },
  RESERVED_KEY: { message: 'This name cannot be a key.', fix: 'Choose another name.' },
  KEY_IS_NO_TEXT: { message: 'A key is a text.', fix: 'Write a name before the colon.' },
};

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
