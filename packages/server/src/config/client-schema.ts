import { z } from 'zod';
import { redirectUri } from './addresses.ts';
import { packMistake } from './mistake.ts';
import { scope, secretReference } from './values.ts';

/** The kinds of OAuth grant that a configured client may use. */
const grantTypes = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
] as const;

/** One application known from the start. */
export const clientSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(200)
      // What turns the line or cannot be seen makes one name look like another on the consent page.
      .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, {
        error: () =>
          packMistake(
            'A name has no invisible characters and no line breaks.',
            'Type it anew: what was copied may hold some.',
          ),
      })
      .meta({ description: 'What the consent page calls it.', examples: ['Acme BI'] }),
    redirectUris: z
      .array(redirectUri)
      .default([])
      .meta({ description: 'Where a browser may be sent back to.' }),
    postLogoutRedirectUris: z
      .array(redirectUri)
      .default([])
      .meta({
        description:
          'Where a browser may be sent back to after the application signed somebody out at the end_session_endpoint.',
        examples: [['https://bi.acme.example/signed-out']],
      }),
    secret: secretReference('Client secret. Left out: a public client, held by PKCE alone.').optional(),
    certificate: z
      .strictObject({
        file: z
          .string()
          .min(1)
          .optional()
          .meta({ description: 'PEM file of the one certificate that it shows, self-signed or not.' }),
        dns: z.string().min(1).optional().meta({ description: 'A DNS name in its certificate.' }),
        email: z.string().min(1).optional().meta({ description: 'An e-mail address in its certificate.' }),
        uri: z.string().min(1).optional().meta({ description: 'A URI in its certificate.' }),
      })
      .optional()
      .meta({
        description:
          'The certificate that it shows in place of a secret (RFC 8705), by exactly one of these; by a name, it must be of the authorities of the sign-in method for certificates.',
        examples: [{ dns: 'etl.internal' }],
      }),
    bindTokens: z.boolean().optional().meta({
      description:
        'Whether its access tokens are worth nothing without the certificate that it showed when it got them. Left out: with certificate, yes.',
    }),
    scopes: z.array(scope).min(1).meta({
      description:
        'The databases and roles that it may ask for. Who the person is (openid, profile, groups) and offline_access every client may ask for. Also what it gets when it asks for nothing.',
    }),
    grantTypes: z
      .array(z.enum(grantTypes))
      .min(1)
      .default(['authorization_code', 'refresh_token'])
      .meta({ description: 'How it may get tokens.' }),
  })
  .meta({ description: 'An OAuth client: an application or integration.' });

/** A client as the file has it, checked. */
export type ClientEntry = z.infer<typeof clientSchema>;
