import { z } from 'zod';
import { certificateSchema } from './certificate-schema.ts';
import { ldapSchema } from './ldap-schema.ts';
import { listed } from './listed.ts';
import { packMistake } from './mistake.ts';
import { oidcSchema } from './oidc-schema.ts';
import { samlSchema } from './saml-schema.ts';
import { supportedSignInKinds } from './supported.ts';

/** People whom Grantway knows itself. */
const localSchema = z.strictObject({
  kind: z.literal('local').optional().meta({ description: 'Left out for the method `local`.' }),
});

/** One way to sign in. What the keys say wrong together with the others is in `cross-checks.ts`. */
export const signInSchema = z
  .discriminatedUnion('kind', [localSchema, oidcSchema, samlSchema, ldapSchema, certificateSchema], {
    error: ({ code }) => (code === 'invalid_union' ? unknownKind() : undefined),
  })
  .meta({ description: 'One way to prove who you are. The key is its name, without a colon.' });

/** A sign-in method as the file has it, checked. */
export type SignInEntry = z.infer<typeof signInSchema>;

function unknownKind(): string {
  return packMistake(
    'This is no kind of sign-in.',
    `Write ${listed(supportedSignInKinds, 'or')}, or take this entry out.`,
  );
}
