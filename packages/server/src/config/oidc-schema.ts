import { z } from 'zod';
import { providerIssuer } from './addresses.ts';
import { packMistake } from './mistake.ts';
import { label, signInEvery } from './sign-in-values.ts';
import { duration, secretReference } from './values.ts';

/** `groups`, or `[realm_access, roles]` for a claim inside of others. */
const claimPath = z.union([
  z
    .string()
    .min(1)
    .transform((name): readonly string[] => [name]),
  z.array(z.string().min(1)).min(1).max(8),
]);

/** A list of words that a provider says; a blank would end one in a request. */
function words(description: string, examples: readonly string[]) {
  return z
    .array(z.string().regex(/^[\x21-\x7e]{1,255}$/))
    .default([])
    .meta({ description, examples: [examples] });
}

/** An OpenID provider. */
export const oidcSchema = z.strictObject({
  kind: z.literal('oidc'),
  label,
  issuer: providerIssuer,
  clientId: z
    .string()
    .min(1)
    .meta({ description: 'What the provider calls Grantway.', examples: ['grantway'] }),
  clientSecret: secretReference(
    'The secret that the provider gave. Left out: a public client, held by PKCE alone.',
  ).optional(),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
    .optional()
    .meta({
      description:
        'What is asked for beside openid. Left out: profile, email, and groups and offline_access where the provider offers them.',
      examples: [['profile', 'email', 'groups']],
    }),
  groupsClaim: claimPath.default(['groups']).meta({
    description: 'The claim that holds the groups; a list names a claim inside of others.',
    examples: ['groups', ['realm_access', 'roles']],
  }),
  nameClaim: claimPath.optional().meta({
    description: 'The claim that pages and records show. Left out: name, preferred_username or email.',
    examples: ['preferred_username'],
  }),
  claims: z
    .record(z.string().min(1), claimPath)
    .default({})
    .meta({
      description: 'Further claims that rules may compare: our name for it, and where the provider has it.',
      examples: [{ department: 'department' }],
    }),
  directTokens: z
    .union([
      z.boolean(),
      z.strictObject({
        audiences: z
          .array(z.string().min(1))
          .min(1)
          .meta({ description: 'For whom a token must be meant.', examples: [['grantway', 'analytics']] }),
      }),
    ])
    .default(false)
    .meta({
      description:
        "Take the provider's own tokens (JWT) as the password, at every door. true: those that are meant for clientId.",
      examples: [true],
    }),
  secondFactor: z
    .strictObject({
      amr: words('Values of the claim amr; one of them in the ID token is enough.', ['mfa', 'otp', 'hwk']),
      acr: words(
        'Values of the claim acr; the provider is asked for one of them (acr_values) where a role demands a factor.',
        ['phr'],
      ),
    })
    .refine(({ amr, acr }) => amr.length + acr.length > 0, {
      error: () =>
        packMistake('This counts nothing.', 'Write what the provider says in amr or acr, or leave it out.'),
    })
    .optional()
    .meta({
      description:
        'What the provider says when it saw a second factor itself: then no other is asked for here. Left out: nothing that it says counts.',
    }),
  signInEvery: signInEvery(
    "How long the provider's word about groups and claims counts. After that tokens are not renewed before the person signed in again, which most providers do without a question.",
  ),
  rereadEvery: duration(
    "How long the provider's word counts without asking again, where it gave a refresh token: whoever is taken out of a group there loses the role, and live sessions in it, this much later at most; at a refresh of a token at once.",
    '15m',
    '1s',
    '30d',
  ).prefault('15m'),
});
