import { type Gateway, GrantwayError, revoke } from '@grantway/client';
import type { SavedLogin } from './credentials/index.ts';

/**
 * Ends what this computer holds of a sign-in: each refresh token takes its consent with it, the access tokens and the live
 * database sessions. `unreachable`: the gateway did not answer, and what it did not hear works until it expires.
 */
export async function endLogin(
  gateway: () => Promise<Gateway>,
  { refreshToken, accesses }: SavedLogin,
): Promise<'ended' | 'unreachable'> {
  const tokens = [refreshToken, ...[...accesses.values()].map((access) => access.refreshToken)];
  try {
    const at = await gateway();
    for (const token of tokens) if (token !== undefined) await revoke(at, token);
    return 'ended';
  } catch (thrown) {
    if (thrown instanceof GrantwayError) return 'unreachable';
    throw thrown;
  }
}
