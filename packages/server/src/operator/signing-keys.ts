import {
  announceKey,
  type KeptKey,
  type KeySchedule,
  publishedAfterwardsMs,
  readKeys,
  replaceKeys,
  scheduleOf,
} from '../oauth/index.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/** A key that signs ID tokens, as the command line shows it. Times are wall-clock milliseconds. */
export interface SigningKey {
  /** As in the JWKS. */
  readonly kid: string;
  readonly state: 'announced' | 'signing' | 'retired';
  readonly signsFrom: number;
}

/** The keys at /oauth/jwks, the one that signs first. */
export async function listSigningKeys({ vault, clock, config }: Workspace): Promise<readonly SigningKey[]> {
  const schedule = scheduleOf(await readKeys(vault), clock.now(), publishedAfterwardsMs(config.tokens));
  return schedule === undefined ? [] : shown(schedule);
}

function shown({ signing, announced, retired }: KeySchedule<KeptKey>): readonly SigningKey[] {
  const as = (state: SigningKey['state'], keys: readonly KeptKey[]) =>
    keys.map(({ jwk, signsFrom }): SigningKey => ({ kid: jwk.kid, state, signsFrom }));
  return [
    ...as('signing', [signing]),
    ...as('announced', announced === undefined ? [] : [announced]),
    ...as('retired', retired),
  ];
}

/**
 * Announces the next key that signs ID tokens. Gateways that run publish it within a second, and sign with it after
 * `tokens.signingKeyNotice`. `announced_before`: one waits already, and stays the next.
 */
export async function rotateSigningKey(
  workspace: Workspace,
): Promise<{ readonly outcome: 'announced' | 'announced_before' } & Pick<SigningKey, 'kid' | 'signsFrom'>> {
  const { outcome, key } = await announceKey(making(workspace));
  return { outcome, kid: key.jwk.kid, signsFrom: key.signsFrom };
}

/**
 * Puts a new key in the place of all others at once: for a key that somebody else may hold. Gateways that run follow
 * within a second; every ID token that is out is worth nothing from then on. Access tokens are not signed, and stay.
 */
export async function replaceSigningKeys(
  workspace: Workspace,
): Promise<Pick<SigningKey, 'kid' | 'signsFrom'>> {
  const { jwk, signsFrom } = await replaceKeys(making(workspace));
  return { kid: jwk.kid, signsFrom };
}

function making(workspace: Workspace): Parameters<typeof announceKey>[0] {
  const { vault, store, clock, config } = workspace;
  return {
    vault,
    store,
    clock,
    lifetimes: config.tokens,
    record: (action, { jwk, signsFrom }) =>
      recordAdmin(workspace, action, jwk.kid, `signs from ${new Date(signsFrom).toISOString()} on`),
  };
}
