import {
  type Bound,
  bind,
  describePortal,
  execute,
  parse,
  query,
  type RawCall,
  sync,
} from '../../support/postgres-messages.ts';

/** What a case of the PostgreSQL protocol can do. Clients have names and connect at their first step. */
export type PostgresStep =
  /** Sends messages in one write, then reads. */
  | {
      readonly kind: 'say';
      readonly on: string;
      readonly calls: readonly RawCall[];
      readonly until: Until;
    }
  /** Asks to cancel what the client runs, with the key that it was given. */
  | { readonly kind: 'cancel'; readonly on: string }
  /** Waits until this query of the superuser gives a row. `$login` stands for the login of the clients, quoted. */
  | { readonly kind: 'await'; readonly rows: string }
  /** The superuser does this. */
  | { readonly kind: 'superuser'; readonly sql: string };

/** How far a client reads: so many messages of a type, or to the end of the connection. */
export type Until = { readonly type: string; readonly count: number } | 'closed';

export interface SayOptions {
  /** Which client; `main` unless said. */
  readonly on?: string;
  /** As many ReadyForQuery as the calls ask for, unless said. */
  readonly until?: Until;
}

export function say(calls: readonly RawCall[], { on = 'main', until }: SayOptions = {}): PostgresStep {
  const count = calls.filter(([type]) => 'QSF'.includes(type)).length;
  return { kind: 'say', on, calls, until: until ?? { type: 'Z', count } };
}

/** One simple query. */
export function sql(text: string, options?: SayOptions): PostgresStep {
  return say([query(text)], options);
}

/** Simple queries, each sent when the one before was answered. */
export function sqls(...texts: readonly string[]): readonly PostgresStep[] {
  return texts.map((text) => sql(text));
}

export interface Prepared extends Bound {
  /** Object ids of parameter types. */
  readonly types?: readonly number[];
  /** Row limit of the Execute. */
  readonly limit?: number;
}

/** The messages of one statement in the extended protocol, without the Sync: unnamed, described as a portal. */
export function extendedCalls(text: string, { types, limit, ...bound }: Prepared = {}): readonly RawCall[] {
  return [parse('', text, types), bind('', '', bound), describePortal(''), execute('', limit)];
}

/** One statement in the extended protocol. */
export function extended(text: string, prepared: Prepared = {}, options?: SayOptions): PostgresStep {
  return say([...extendedCalls(text, prepared), sync], options);
}

/** One statement in the extended protocol, with its result in binary. */
export function binary(text: string, prepared: Prepared = {}, options?: SayOptions): PostgresStep {
  return extended(text, { ...prepared, results: [1] }, options);
}

/** Options of a step whose answer is left for a later {@link hear}. */
export function unheard(on = 'main'): SayOptions {
  return { on, until: { type: 'Z', count: 0 } };
}

/** Says nothing, and reads. */
export function hear(on = 'main', until: Until = { type: 'Z', count: 1 }): PostgresStep {
  return say([], { on, until });
}

/** Waits until a session of the login is in this statement and waits for `event` (`pg_stat_activity.wait_event`). */
export function awaitWaiting(event: string): PostgresStep {
  return {
    kind: 'await',
    rows: `SELECT 1 FROM pg_stat_activity WHERE usename = $login AND state = 'active' AND wait_event = '${event}'`,
  };
}
