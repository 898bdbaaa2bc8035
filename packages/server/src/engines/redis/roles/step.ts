import type { PlannedStatement } from '../../role-manager.ts';

/** One command of a plan with its words apart, as they are sent. */
export interface Step {
  readonly words: readonly [command: string, ...words: string[]];
  readonly because: string;
  /** What only the administrator may decide, or what stands in a file: the plan shows it, and apply leaves it. */
  readonly byHand?: true;
}

/** The step as `redis-cli` takes it. */
export function plannedStatement({ words, because, byHand }: Step): PlannedStatement {
  return { sql: words.map(quoted).join(' '), because, ...(byHand === undefined ? {} : { byHand }) };
}

/** `redis-cli` splits at white space and reads quotes as C does. */
function quoted(word: string): string {
  return /^[^\s"'\\]+$/.test(word) ? word : JSON.stringify(word);
}
