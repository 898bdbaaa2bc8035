import type { SignInFailure } from '../../identity/index.ts';

/** What the sign-in page says when somebody is back from a provider, and nobody was proved. */
export function providerFailureInWords(provider: string, reason: SignInFailure['reason']): string {
  switch (reason) {
    case 'unavailable':
      return `${provider} does not answer at the moment. Try again in a while, or sign in another way.`;
    case 'declined':
      return `${provider} did not sign you in.`;
    case 'claims_unusable':
      return `${provider} signed you in, but did not say of you what decides about access here. Tell your administrator.`;
    case 'disabled':
      return 'Your account here is switched off. Ask your administrator.';
    default:
      return `The answer of ${provider} does not belong to this sign-in, or it came too late. Start again.`;
  }
}
