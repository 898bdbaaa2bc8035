import { type Entry, Filter, InvalidCredentialsError } from 'ldapts';
import { foldUsername, type LdapConfig } from '../../config/index.ts';
import type { ClaimValue, Clock, Principal, Secret } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { boundedQueue } from '../bounded-queue.ts';
import { guardedAttempts } from '../guarded-attempts.ts';
import type { PasswordAttempt, PasswordMethod, SignInFailure, SignInOutcome } from '../sign-in-method.ts';
import { throttle } from '../throttle.ts';
import { type Directory, openDirectory } from './directory.ts';
import { directoryGroups, textsOf } from './directory-groups.ts';
import { escapeDnValue } from './distinguished-name.ts';

/** A directory is asked about so many people at once; more wait. */
const queueLimits = { running: 8, waiting: 256 } as const;
/** A failure takes at least this long, so that its time does not say whether there is such an entry. */
const failureMs = 1_000;
const mostUsername = 256;
const mostPassword = 1_024;

interface LdapMethodOptions {
  readonly config: LdapConfig;
  /** The password of the account that searches; asked at each sign-in, so that a new one is taken up. */
  readonly searchPassword: () => Promise<Secret>;
  readonly attempts: Store['attempts'];
  readonly clock: Clock;
}

/** What a directory can say. */
type Answer = Extract<SignInOutcome, { outcome: 'proven' }> | SignInFailure;

/** People of a directory, by a bind with their own password. Throttled together with nothing else, but the same way. */
export function ldapMethod({ config, searchPassword, attempts, clock }: LdapMethodOptions): PasswordMethod {
  const attempted = guardedAttempts({
    throttled: throttle(config.name, attempts, clock),
    queue: boundedQueue(queueLimits),
    failureMs,
    clock,
  });

  async function verify(attempt: PasswordAttempt): Promise<SignInOutcome> {
    const username = foldUsername(attempt.username);
    const unfit = unfitReason(username, attempt.password.reveal());
    if (unfit !== undefined) return { outcome: 'failed', reason: unfit };
    return await attempted(username, attempt.remoteAddress, () => ask(username, attempt.password));
  }

  async function ask(username: string, password: Secret): Promise<Answer> {
    let directory: Directory | undefined;
    try {
      directory = await openDirectory(config);
      const dn = await entryName(directory, username);
      if (dn === undefined) return { outcome: 'failed', reason: 'unknown' };
      await directory.bind(dn, password.reveal());
      return await describe(directory, dn);
    } catch (thrown) {
      if (thrown instanceof InvalidCredentialsError) return { outcome: 'failed', reason: 'wrong_password' };
      return unavailable(thrown);
    } finally {
      directory?.close();
    }
  }

  /** The name of exactly one entry; of several nobody knows which one was meant. */
  async function entryName(directory: Directory, username: string): Promise<string | undefined> {
    const { find } = config;
    if (find.by === 'dn') return find.template.replaceAll('{username}', escapeDnValue(username));
    await bindAsReader(directory, find.login);
    const entries = await directory.search(find.base, {
      scope: 'sub',
      filter: find.filter.replaceAll('{username}', Filter.escape(username)),
      attributes: ['1.1'],
    });
    return entries.length === 1 ? entries[0]?.dn : undefined;
  }

  async function bindAsReader(directory: Directory, login: string): Promise<void> {
    try {
      await directory.bind(login, (await searchPassword()).reveal());
    } catch (thrown) {
      // Ours is wrong, not the person's.
      throw new Error('the account that searches was refused', { cause: thrown });
    }
  }

  /** Who the entry is, read by the account that searches where there is one: people often may not read groups. */
  async function describe(directory: Directory, dn: string): Promise<Answer> {
    const { find, groups, idAttribute, nameAttribute, claims } = config;
    if (find.by === 'search') await bindAsReader(directory, find.login);
    const attributes = [idAttribute, nameAttribute, 'memberOf', ...Object.values(claims)];
    const [entry] = await directory.search(dn, { scope: 'base', filter: '(objectClass=*)', attributes });
    const subject = entry && subjectOf(entry, idAttribute);
    if (entry === undefined || subject === undefined) return unusable(`the entry has no ${idAttribute}`);
    const memberships = await directoryGroups(directory, entry, groups, clock);
    if (memberships.outcome === 'unusable') return unusable(memberships.detail);
    const principal: Principal = {
      method: config.name,
      subject,
      displayName: textsOf(entry, nameAttribute)[0] ?? subject,
      groups: memberships.groups,
      claims: claimsOf(entry, claims),
    };
    return { outcome: 'proven', principal };
  }

  return { kind: 'password', name: config.name, label: config.label, verify };
}

/**
 * Before any bind: a bind with an empty password succeeds as nobody (RFC 4513, section 5.1.2), and a control character
 * is in no password that a person typed.
 */
function unfitReason(username: string, password: string): SignInFailure['reason'] | undefined {
  if (username === '' || password === '' || /\p{Cc}/u.test(username + password)) return 'wrong_password';
  const tooLong = Buffer.byteLength(username) > mostUsername || Buffer.byteLength(password) > mostPassword;
  return tooLong ? 'too_long' : undefined;
}

/** A text as it is, or bytes (objectGUID) as hex. */
function subjectOf(entry: Entry, attribute: string): string | undefined {
  const [text] = textsOf(entry, attribute);
  if (text !== undefined) return text === '' ? undefined : text;
  const value = entry[attribute];
  return Buffer.isBuffer(value) ? value.toString('hex') : undefined;
}

function claimsOf(entry: Entry, wanted: LdapConfig['claims']): Readonly<Record<string, ClaimValue>> {
  const claims: Record<string, ClaimValue> = {};
  for (const [name, attribute] of Object.entries(wanted)) {
    const [first, ...more] = textsOf(entry, attribute);
    if (first !== undefined) claims[name] = more.length === 0 ? first : [first, ...more];
  }
  return claims;
}

function unusable(detail: string): SignInFailure {
  return { outcome: 'failed', reason: 'claims_unusable', detail };
}

function unavailable(thrown: unknown): SignInFailure {
  const detail = thrown instanceof Error ? thrown.message : 'unknown';
  return { outcome: 'failed', reason: 'unavailable', detail };
}
