import { setTimeout as sleep } from 'node:timers/promises';
import type { Interaction } from 'oidc-provider';
import { hashSecret, newUuid, Refusal } from '../../core/index.ts';
import type { InteractionContext } from './waiting-request.ts';

/** Deciding takes one durable record of the audit; whoever took longer died on the way. */
const claimMs = 10_000;
/** How long the same form, sent again, waits for the answer of the first. */
const waitMs = 5_000;
const pollMs = 20;

/** Whose answer to a form counts. */
export type Turn =
  /** Nobody answered before, and nobody else does until this is disposed of. */
  | ({ readonly outcome: 'first' } & AsyncDisposable)
  /** It was answered, which leads here. */
  | { readonly outcome: 'answered'; readonly returnTo: string };

/**
 * Lets one answer to each consent form through, also of those that are sent at once and to several gateways.
 * @throws Refusal `cross_site` when the request is over, or who answers it does not come to an end
 */
export async function takeTurn(
  { provider, store: { locks }, clock }: InteractionContext,
  { uid }: Interaction,
): Promise<Turn> {
  const name = `consent:${hashSecret(uid)}`;
  const owner = newUuid();
  const deadline = clock.monotonic() + waitMs;
  for (;;) {
    const now = clock.now();
    const mine = await locks.acquire(name, owner, now + claimMs, now);
    // Read only now: the answer of whoever held it before is in it.
    const form = await provider.Interaction.find(uid);
    const answered = form?.result !== undefined;
    if (mine && form !== undefined && !answered)
      return { outcome: 'first', [Symbol.asyncDispose]: () => locks.release(name, owner) };
    if (mine) await locks.release(name, owner);
    if (answered) return { outcome: 'answered', returnTo: form.returnTo };
    if (form === undefined || clock.monotonic() > deadline) throw new Refusal('cross_site');
    await sleep(pollMs);
  }
}
