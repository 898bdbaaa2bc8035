import { type ProvenSignIn, principalId } from '../../core/index.ts';
import type { RedirectMemory, RedirectMethod, SignInFailure } from '../../identity/index.ts';
import type { ProviderWord } from '../../oauth/index.ts';
import { concludeSignIn, type SignInParts } from './conclude-sign-in.ts';

interface ProviderSignIn extends SignInParts {
  readonly method: RedirectMethod;
  /** The address that the browser came back to. */
  readonly answer: URL;
  /** What the browser took along; undefined when it is not the one that was sent. */
  readonly memory: RedirectMemory | undefined;
  readonly providerWord: Pick<ProviderWord, 'keep'>;
}

/** Whom a provider proved, and what it says of how. */
export interface ProvenAtProvider extends ProvenSignIn {
  readonly outcome: 'proven';
}

/**
 * Signs somebody in with a provider's answer, up to the point where the browser session starts.
 * @throws Refusal `audit_unavailable`; whatever the store throws (fail closed)
 */
export async function signInAtProvider({
  method,
  answer,
  memory,
  providerWord,
  ...parts
}: ProviderSignIn): Promise<ProvenAtProvider | SignInFailure> {
  const verify = async () => (memory === undefined ? notBegunHere : await method.finish(answer, memory));
  const outcome = await concludeSignIn(method.name, verify, parts);
  if (outcome.outcome === 'failed') return outcome;
  const { principal, proof, mark, atProvider } = outcome;
  if (atProvider !== undefined) await providerWord.keep(principalId(principal), atProvider);
  return { outcome: 'proven', principal, proof, mark };
}

const notBegunHere: SignInFailure = {
  outcome: 'failed',
  reason: 'not_genuine',
  detail: 'the answer belongs to no sign-in that this browser began',
};
