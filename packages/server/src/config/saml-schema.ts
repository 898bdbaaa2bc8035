import { z } from 'zod';
import { providerAddress } from './addresses.ts';
import { label, signInEvery } from './sign-in-values.ts';
import { secretReference } from './values.ts';

const samlName = z.string().min(1).max(1024);

/** `subject: nameId`, or `subject: { attribute: … }`. */
const samlSubject = z.union([z.literal('nameId'), z.strictObject({ attribute: samlName })]);

/** A SAML 2.0 identity provider. */
export const samlSchema = z.strictObject({
  kind: z.literal('saml'),
  label,
  entityId: samlName.meta({
    description: 'What the provider calls itself in its metadata, to the letter.',
    examples: ['https://idp.example.com/metadata'],
  }),
  signInUrl: providerAddress(
    'Where the provider takes requests to sign in (binding HTTP-Redirect).',
    'https://idp.example.com/sso',
  ),
  signOutUrl: providerAddress(
    'Where the provider takes requests to sign out (binding HTTP-Redirect). Left out: signing out here ends nothing there.',
    'https://idp.example.com/slo',
  ).optional(),
  certificates: z
    .array(z.string().min(1))
    .min(1)
    .max(8)
    .meta({
      description:
        'PEM files, one certificate each: what the provider signs with. Name the next one beside it before it changes.',
      examples: [['./tls/idp.crt']],
    }),
  keyPair: z
    .strictObject({
      certificate: z
        .string()
        .min(1)
        .meta({
          description: 'PEM file; the provider gets it with our metadata.',
          examples: ['./tls/saml.crt'],
        }),
      privateKey: secretReference('Its RSA key, PEM.'),
    })
    .optional()
    .meta({ description: 'Signs what we send. Needed for signing out, and for encrypted assertions.' }),
  encryptedAssertions: z.boolean().default(false).meta({
    description:
      'Assertions must come encrypted for keyPair (RSA-OAEP; AES-GCM, or AES-CBC in a signed response). Otherwise none may.',
  }),
  subject: samlSubject.default('nameId').meta({
    description:
      'What names a person for good: the persistent NameID, or an attribute that is never given to somebody else.',
    examples: ['nameId', { attribute: 'employeeNumber' }],
  }),
  groupsAttribute: samlName
    .default('groups')
    .meta({ description: 'The attribute that holds the groups.', examples: ['groups'] }),
  nameAttribute: samlName.optional().meta({
    description: 'The attribute that pages and records show. Left out: displayName, cn or mail.',
    examples: ['displayName'],
  }),
  claims: z
    .record(z.string().min(1), samlName)
    .default({})
    .meta({
      description: 'Further claims that rules may compare: our name for it, and the attribute.',
      examples: [{ department: 'urn:oid:2.16.840.1.113730.3.1.2' }],
    }),
  secondFactor: z
    .strictObject({
      contexts: z
        .array(samlName)
        .min(1)
        .meta({
          description:
            'Values of AuthnContextClassRef; the provider is asked for one of them where a role demands a factor.',
          examples: [['https://refeds.org/profile/mfa']],
        }),
    })
    .optional()
    .meta({
      description:
        'What the provider says when it saw a second factor itself: then no other is asked for here. Left out: nothing that it says counts.',
    }),
  signOutEndsSessions: z.boolean().default(false).meta({
    description: 'Signing out at the provider ends live database sessions, tokens and consents as well.',
  }),
  signInEvery: signInEvery(
    "How long the provider's word about groups and claims counts. After that tokens are not renewed before the person signed in again.",
  ),
});
