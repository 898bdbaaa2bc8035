import { z } from 'zod';

const name = z.string().min(1).max(127);

/** How people log in with a token of their identity provider. What the keys say wrong together is in `check-identity-token.ts`. */
export const identityTokenSchema = z
  .strictObject({
    signIn: name.meta({
      description:
        'The OpenID sign-in method that people use. It must give a refresh token (most providers: scope offline_access).',
      examples: ['corp'],
    }),
    token: z.enum(['access', 'id']).default('access').meta({
      description: 'Which token of the provider the warehouse takes.',
    }),
    audience: z
      .string()
      .min(1)
      .max(1024)
      .meta({
        description:
          'For whom the token must be meant (aud), as in the PARAMETERS of CREATE IDENTITY PROVIDER. Grantway sends no other.',
        examples: ['https://warehouse.example.com'],
      }),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
      .min(1)
      .optional()
      .meta({
        description:
          'What the provider is asked for, so that the token is meant for this audience. Left out: what the sign-in got.',
        examples: [['openid', 'https://warehouse.example.com/login']],
      }),
    idpType: z.enum(['AzureAD', 'Okta', 'AwsIdc']).default('AzureAD').meta({
      description:
        'What Redshift calls this kind of provider. AwsIdc: IAM Identity Center, with a trusted token issuer.',
    }),
    providerName: name.optional().meta({
      description: 'Which of several identity providers of the warehouse it is.',
      examples: ['oauth_standard'],
    }),
    namespace: name.optional().meta({
      description:
        'The namespace of the provider in the warehouse, where it cannot be told otherwise (with AwsIdc: which instance).',
      examples: ['corp'],
    }),
  })
  .meta({
    description:
      'Amazon Redshift: the role without password and grants logs in with a token of the person’s own identity provider, as the person, with the rights that the warehouse gives to the groups in it.',
  });

/** The `identityToken` section as the file has it, checked. */
export type IdentityTokenEntry = z.infer<typeof identityTokenSchema>;
