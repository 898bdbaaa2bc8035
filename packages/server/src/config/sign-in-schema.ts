import { z } from 'zod';
import { listed } from './listed.ts';
import { packMistake } from './mistake.ts';
import { knownSignInKinds, supportedSignInKinds } from './supported.ts';
import { duration, providerIssuer, secretReference } from './values.ts';

/** `groups`, or `[realm_access, roles]` for a claim inside of others. */
const claimPath = z.union([
  z
    .string()
    .min(1)
    .transform((name): readonly string[] => [name]),
  z.array(z.string().min(1)).min(1).max(8),
]);

const label = z
  .string()
  .min(1)
  .max(60)
  .optional()
  .meta({
    description: 'What the sign-in page calls it; its name when left out.',
    examples: ['Example Corp'],
  });

const local = z.strictObject({
  kind: z.literal('local').optional().meta({ description: 'Left out for the method `local`.' }),
});

const oidc = z.strictObject({
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
        'What is asked for beside openid. Left out: profile, email, and groups where the provider knows that scope.',
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
  signInEvery: duration(
    "How long the provider's word about groups and claims counts. After that tokens are not renewed before the person signed in again, which most providers do without a question.",
    '24h',
    '1m',
    '30d',
  ).prefault('24h'),
});

/** One way to sign in. What the keys say wrong together with the others is in `cross-checks.ts`. */
export const signInSchema = z
  .discriminatedUnion('kind', [local, oidc], {
    error: ({ code, input }) => (code === 'invalid_union' ? unknownKind(input) : undefined),
  })
  .meta({ description: 'One way to prove who you are. The key is its name, without a colon.' });

export type SignInEntry = z.infer<typeof signInSchema>;
export type OidcEntry = z.infer<typeof oidc>;

function unknownKind(given: unknown): string {
  const kind = typeof given === 'object' && given !== null && 'kind' in given ? given.kind : undefined;
  const planned = knownSignInKinds.some((one) => one === kind);
  return packMistake(
    planned
      ? `The sign-in kind ${JSON.stringify(kind)} is not in this version of Grantway.`
      : 'This is no kind of sign-in.',
    `Write ${listed(supportedSignInKinds, 'or')}, or take this entry out.`,
  );
}
