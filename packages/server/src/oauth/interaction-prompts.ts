import { interactionPolicy } from 'oidc-provider';

/**
 * When a person is asked: to sign in when nobody is, and to consent when the consent at hand does not cover the
 * request. Whether a consent is at hand is decided in `consents.ts`; the library's own rule about programs on the
 * person's machine is part of that decision.
 */
export function interactionPrompts(): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy;
  const prompts = base();
  prompts.get('login')?.checks.add(
    // Somebody who was disabled or removed since: the session names an account that there is no more.
    new Check('account_gone', 'End-User authentication is required', ({ oidc }) =>
      oidc.session?.accountId !== undefined && oidc.account === undefined
        ? Check.REQUEST_PROMPT
        : Check.NO_NEED_TO_PROMPT,
    ),
  );
  prompts.get('consent')?.checks.remove('native_client_prompt');
  return prompts;
}
