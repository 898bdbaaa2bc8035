import { Refusal, Secret } from '../../core/index.ts';
import { parseStartupOptions } from './startup-options.ts';
import { quoted } from './startup-packet.ts';

/** What a startup packet asks for, after the allow-list. */
export interface ClientSettings {
  readonly user: string;
  /** Empty when the client named none. */
  readonly database: string;
  /** Session settings to open the upstream connection with: names in lower case, in order. */
  readonly settings: ReadonlyMap<string, string>;
  /** An access token that came in `options` or as a parameter, for clients that cannot give a password. */
  readonly token: Secret | undefined;
  /** It wants to be asked by SASL OAUTHBEARER and not for a password: `options=-c authMethod=oauth`. */
  readonly bearer: boolean;
  /** `_pq_.` options of newer protocols; we know none. */
  readonly unknownProtocolOptions: readonly string[];
}

/** Which startup parameters a door takes besides `user`, `database`, `options` and the token. Names in lower case. */
export interface StartupRules {
  /** Passed on to the server. */
  readonly offered: ReadonlySet<string>;
  /** Meant for the door, or for a way of signing in that ends here: taken, and not passed on. */
  readonly ended: ReadonlySet<string>;
}

/**
 * The settings that a client may choose at startup: how values look, how long things may take, where names are
 * looked up. All of them could be changed by `SET` right afterwards, so none of them is a right.
 */
export const postgresSettings: ReadonlySet<string> = new Set([
  'application_name',
  'bytea_output',
  'client_encoding',
  'datestyle',
  'default_transaction_deferrable',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'extra_float_digits',
  'geqo',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'intervalstyle',
  'lock_timeout',
  'search_path',
  'standard_conforming_strings',
  'statement_timeout',
  'timezone',
  'transaction_timeout',
]);

const mostValueBytes = 1_024;
const truths: ReadonlySet<string> = new Set(['on', 'true', 'yes', '1']);
const falsehoods: ReadonlySet<string> = new Set(['off', 'false', 'no', '0']);

/**
 * Applies the allow-list to a startup packet. Whatever is not known here is refused rather than dropped: a client
 * that asked for `replication` or `role` must not believe that it got it.
 *
 * @throws Refusal `feature_not_offered`, `protocol_violation`
 */
export function readClientSettings(
  parameters: ReadonlyMap<string, string>,
  rules: StartupRules,
): ClientSettings {
  const settings = new Map<string, string>();
  const unknownProtocolOptions: string[] = [];
  const tokens: string[] = [];
  let bearer = false;

  const apply = (name: string, value: string) => {
    // Names of settings are not case-sensitive.
    const setting = name.toLowerCase();
    if (setting === 'authtoken') return void tokens.push(value);
    if (setting === 'authmethod') {
      if (value !== 'oauth') throw new Refusal('feature_not_offered', { what: `${name}=${quoted(value)}` });
      bearer = true;
      return;
    }
    if (rules.ended.has(setting)) return;
    checkSetting(name, setting, value, rules);
    settings.set(setting, value);
  };

  for (const [name, value] of parameters) {
    if (name === 'user' || name === 'database') continue;
    if (name === 'options') for (const [option, given] of parseStartupOptions(value)) apply(option, given);
    else if (name === 'replication') refuseReplication(value);
    else if (name.startsWith('_pq_.')) unknownProtocolOptions.push(name);
    else apply(name, value);
  }
  const [token] = tokens;
  if (tokens.some((other) => other !== token)) {
    throw new Refusal('protocol_violation', { what: 'two different access tokens were given' });
  }
  return {
    user: parameters.get('user') ?? '',
    database: parameters.get('database') ?? '',
    settings: new Map([...settings].sort(([a], [b]) => (a < b ? -1 : 1))),
    token: token === undefined ? undefined : new Secret(token),
    bearer,
    unknownProtocolOptions,
  };
}

function checkSetting(name: string, setting: string, value: string, { offered }: StartupRules): void {
  if (!offered.has(setting)) {
    throw new Refusal('feature_not_offered', { what: `The startup parameter ${quoted(name)}` });
  }
  if (Buffer.byteLength(value) > mostValueBytes) {
    throw new Refusal('protocol_violation', { what: `the value of ${quoted(name)} is too long` });
  }
  // With it off, a backslash in a literal is an escape, and text that was quoted for `on` can break out of its quotes.
  if (setting === 'standard_conforming_strings' && !truths.has(value.toLowerCase())) {
    throw new Refusal('feature_not_offered', { what: `${name}=${quoted(value)}` });
  }
}

/** A replication connection streams the whole cluster, past every right on a table. */
function refuseReplication(value: string): void {
  if (!falsehoods.has(value.toLowerCase())) {
    throw new Refusal('feature_not_offered', { what: 'Replication' });
  }
}
