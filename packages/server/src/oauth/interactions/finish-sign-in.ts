import { type ProvenSignIn, principalId, Refusal } from '../../core/index.ts';
import { signInStands } from '../../identity/index.ts';
import { loginOf } from '../sign-in-proof.ts';
import { recordSignOut } from '../sign-out.ts';
import { type Browser, finishPage, type InteractionContext, waitingRequest } from './waiting-request.ts';

/**
 * Goes on with the request after a sign-in. `ended`: the person's sign-ins were ended since this one began, and nothing
 * is written.
 * @throws Refusal `cross_site` when no request waits in this browser
 */
export async function finishSignIn(
  context: InteractionContext,
  browser: Browser,
  { principal, proof, mark }: ProvenSignIn,
): Promise<'redirected' | 'ended'> {
  const { provider, store, audit } = context;
  const details = await waitingRequest(context, browser, 'login');
  if (details === undefined) throw new Refusal('cross_site');
  const accountId = principalId(principal);
  if (!signInStands(await store.people.get(accountId), mark)) return 'ended';
  const before = details.session;
  if (before !== undefined && before.accountId !== accountId) {
    // Somebody else goes on in this browser: the session of the one before ends, and is not carried over.
    const old = await provider.Session.findByUid(before.uid);
    await old?.destroy();
    const [request] = browser;
    recordSignOut(audit, before.accountId, request);
    delete details.session;
    await details.persist();
  }
  const { loginTs: ts, amr } = loginOf(proof);
  await finishPage(context, browser, { login: { accountId, ts, amr, mark } });
  return 'redirected';
}
