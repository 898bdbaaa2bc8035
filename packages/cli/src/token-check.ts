import type { Gateway } from '@grantway/client';

/** How long to wait for the answer, in milliseconds. */
const timeoutMs = 5_000;

/**
 * Whether the gateway still takes a token that is not old: a consent that was ended ends its tokens before their time. What
 * cannot be found out counts as good; whoever uses the token will see.
 */
export async function isStillTaken(gateway: Gateway, accessToken: string): Promise<boolean> {
  try {
    const { status, body } = await fetch(new URL('/api/v1/me', gateway.issuer), {
      headers: { authorization: `Bearer ${accessToken}` },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await body?.cancel();
    return status !== 401;
  } catch {
    return true;
  }
}
