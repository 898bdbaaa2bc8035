import {
  type Command,
  closeStatement,
  type ExecuteOptions,
  execute,
  prepare,
  query,
  type Value,
} from './commands.ts';

/** What a case of the MySQL protocol can do. Clients have names and connect at their first step. */
export type MysqlStep =
  /** Sends commands in one write, then reads their answers. */
  | {
      readonly kind: 'say';
      readonly on: string;
      readonly commands: readonly Command[];
      readonly hear: Hearing;
    }
  /** Reads the answers that were left, perhaps up to the end of the connection. */
  | { readonly kind: 'hear'; readonly on: string; readonly toTheEnd: boolean }
  /** `KILL` with the number that the greeting gave to a client; another client sends it. */
  | { readonly kind: 'kill'; readonly by: string; readonly on: string; readonly what: 'QUERY' | 'CONNECTION' }
  /** Waits until the administrator's query gives a row. */
  | { readonly kind: 'await'; readonly rows: string }
  /** The administrator does this. `$login` is the login of the clients, `$id` the server's number of `main`. */
  | { readonly kind: 'administrator'; readonly sql: string };

/** All answers at once, none before a later step, or everything until the connection ends. */
export type Hearing = 'answers' | 'later' | 'closed';

export interface SayOptions {
  /** Which client; `main` unless said. */
  readonly on?: string;
  readonly hear?: Hearing;
}

export function say(
  commands: readonly Command[],
  { on = 'main', hear = 'answers' }: SayOptions = {},
): MysqlStep {
  return { kind: 'say', on, commands, hear };
}

/** One query by the text protocol. */
export function sql(text: string, options?: SayOptions): MysqlStep {
  return say([query(text)], options);
}

/** Queries, each sent when the one before was answered. */
export function sqls(...texts: readonly string[]): readonly MysqlStep[] {
  return texts.map((text) => sql(text));
}

/** One statement by the binary protocol: prepared, executed, closed. */
export function prepared(
  text: string,
  values: readonly (Value | null)[] = [],
  options: ExecuteOptions & SayOptions = {},
): readonly MysqlStep[] {
  return [
    say([prepare('once', text)], options),
    say([execute('once', values, options), closeStatement('once')], options),
  ];
}

/** Reads the answers that an earlier step has left. */
export function hear(on = 'main'): MysqlStep {
  return { kind: 'hear', on, toTheEnd: false };
}

/** The same, and everything until the connection ends. */
export function hearEnd(on = 'main'): MysqlStep {
  return { kind: 'hear', on, toTheEnd: true };
}

/** Waits until a session of the login runs a statement with this in its text. */
export function awaitRunning(part: string): MysqlStep {
  return {
    kind: 'await',
    rows: `SELECT 1 FROM information_schema.processlist
      WHERE user = '$login' AND command IN ('Query', 'Execute') AND LOCATE('${part}', info) > 0`,
  };
}
