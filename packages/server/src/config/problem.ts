/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The key, as `databases.authdb.tls`; empty when it is about the whole file. */
  readonly path: string;
  /** Where it stands in the file, counted from 1. For a missing key: the entry that should have it. Absent: there is no file. */
  readonly line?: number;
  readonly column?: number;
  /** The environment variable that the value came from, when it is not from the file. */
  readonly variable?: string;
  /** What is wrong, one sentence. Never carries a secret. */
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly fix: string;
}

/** A key's way from the top of the file. */
export type KeyPath = readonly (string | number)[];

/** `databases.authdb.roles`, with keys that are no plain words in brackets and quotes. */
export function formatPath(path: KeyPath): string {
  return path
    .map((key, index) =>
      typeof key === 'number'
        ? `[${key}]`
        : /^[\w-]+$/.test(key)
          ? `${index === 0 ? '' : '.'}${key}`
          : `[${JSON.stringify(key)}]`,
    )
    .join('');
}

/**
 * Problems as text for a terminal, in the order of the file: place, key, what is wrong, what to do. Lines of the file
 * are not quoted, because a neighbouring value on the same line may be a secret that somebody wrote in clear.
 */
export function formatProblems(problems: readonly ConfigProblem[], file: string): string {
  const [first] = problems;
  if (first !== undefined && first.line === undefined) return `${first.message} ${first.fix}\n`;
  const blocks = problems.map((problem) => {
    const place = problem.variable ?? `${file}:${problem.line}:${problem.column}`;
    const key = problem.path === '' ? '' : `  ${problem.path}`;
    return `${place}${key}\n  ${problem.message}\n  ${problem.fix}\n`;
  });
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  return `${blocks.join('\n')}\n${count} in the configuration.\n`;
}
