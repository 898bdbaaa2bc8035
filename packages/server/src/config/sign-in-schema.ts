import { z } from 'zod';
import { certificateFields } from '../core/index.ts';
import { ldapUrl, providerAddress, providerIssuer } from './addresses.ts';
import { listed } from './listed.ts';
import { packMistake } from './mistake.ts';
import { supportedSignInKinds } from './supported.ts';
import { duration, secretReference } from './values.ts';

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

/** A list of words that a provider says; a blank would end one in a request. */
function words(description: string, examples: readonly string[]) {
  return z
    .array(z.string().regex(/^[\x21-\x7e]{1,255}$/))
    .default([])
    .meta({ description, examples: [examples] });
}

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
  signInEvery: duration(
    "How long the provider's word about groups and claims counts. After that tokens are not renewed before the person signed in again, which most providers do without a question.",
    '24h',
    '1m',
    '30d',
  ).prefault('24h'),
  rereadEvery: duration(
    "How long the provider's word counts without asking again, where it gave a refresh token: whoever is taken out of a group there loses the role, and live sessions in it, this much later at most; at a refresh of a token at once.",
    '15m',
    '1s',
    '30d',
  ).prefault('15m'),
});

const samlName = z.string().min(1).max(1024);

/** `subject: nameId`, or `subject: { attribute: … }`. */
const samlSubject = z.union([z.literal('nameId'), z.strictObject({ attribute: samlName })]);

const saml = z.strictObject({
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
  signInEvery: duration(
    "How long the provider's word about groups and claims counts. After that tokens are not renewed before the person signed in again.",
    '24h',
    '1m',
    '30d',
  ).prefault('24h'),
});

const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, {
  error: () => packMistake('This is no name of an attribute.', 'Write letters, digits and - only.'),
});

/** A text with a placeholder for what somebody typed; it is escaped before it is put in. */
function template(placeholder: string, description: string, example: string) {
  return z
    .string()
    .refine((given) => given.includes(placeholder), {
      error: () => packMistake(`This would find the same for everybody.`, `Write ${placeholder} in it.`),
    })
    .meta({ description, examples: [example] });
}

const ldap = z.strictObject({
  kind: z.literal('ldap'),
  label,
  url: ldapUrl,
  tlsCa: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "PEM file of the authorities to trust instead of the system's.",
      examples: ['./tls/ldap-ca.crt'],
    }),
  userDn: template(
    '{username}',
    'The entry of a person, where it can be told from the user name. Otherwise search.',
    'uid={username},ou=people,dc=example,dc=com',
  ).optional(),
  search: z
    .strictObject({
      login: z
        .string()
        .min(1)
        .meta({ description: 'An account that may search.', examples: ['cn=grantway,dc=example,dc=com'] }),
      password: secretReference('Its password.'),
      base: z
        .string()
        .min(1)
        .meta({ description: 'Where people are.', examples: ['ou=people,dc=example,dc=com'] }),
      filter: template('{username}', 'Finds exactly one entry.', '(uid={username})'),
    })
    .optional()
    .meta({ description: 'Finds the entry of a person. Exactly one of this and userDn.' }),
  groups: z
    .strictObject({
      base: z
        .string()
        .min(1)
        .meta({
          description: 'Where groups are. Those right below it are known by their short name, too.',
          examples: ['ou=groups,dc=example,dc=com'],
        }),
      filter: template(
        '{dn}',
        'Finds the groups of an entry. Left out: its attribute memberOf tells.',
        '(member={dn})',
      ).optional(),
      nested: z.boolean().default(false).meta({ description: 'With filter: groups of groups count, too.' }),
    })
    .optional()
    .meta({ description: 'How groups are found. Left out: nobody has any.' }),
  idAttribute: attribute.default('entryUUID').meta({
    description: 'What names a person for good, whatever else changes. On Active Directory: objectGUID.',
  }),
  nameAttribute: attribute.default('cn').meta({ description: 'What pages and records show.' }),
  claims: z
    .record(z.string().min(1), attribute)
    .default({})
    .meta({
      description: 'Further claims that rules may compare: our name for it, and the attribute.',
      examples: [{ department: 'departmentNumber' }],
    }),
  signInEvery: duration(
    "How long the directory's word about groups and claims counts. After that tokens are not renewed before the person signed in again.",
    '24h',
    '1m',
    '30d',
  ).prefault('24h'),
  directPasswords: z.boolean().default(false).meta({
    description:
      'Take a directory password as the database password, at the doors, for tools that can do nothing else. Such a tool keeps it, so tokens are better.',
  }),
});

const certificateField = z.enum(certificateFields);
const placeholder = new RegExp(`^([^{}]*)\\{(${certificateFields.join('|')})\\}([^{}]*)$`);

const certificate = z.strictObject({
  kind: z.literal('certificate'),
  authorities: z
    .string()
    .min(1)
    .meta({
      description: 'PEM file of the authorities whose client certificates count.',
      examples: ['./tls/people-ca.crt'],
    }),
  crl: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'PEM file with the revocation list of each of these authorities. Read again when it changes; once it is out of date no certificate counts. Left out: certificates count until they expire.',
      examples: ['./tls/people-ca.crl'],
    }),
  subject: z
    .string()
    .regex(placeholder, {
      error: () =>
        packMistake(
          'This does not say what names somebody.',
          `Write one of ${certificateFields.map((field) => `{${field}}`).join(' ')} in it, once.`,
        ),
    })
    .transform((written) => {
      const [, before = '', field, after = ''] = placeholder.exec(written) ?? [];
      return { before, field: certificateField.parse(field), after };
    })
    .meta({
      description: 'What names a person or a program for good; it must be in the certificate exactly once.',
      examples: ['{email}', '{CN}'],
    }),
  nameField: certificateField
    .default('CN')
    .meta({ description: 'What pages and records show.', examples: ['CN'] }),
  groupsField: certificateField.optional().meta({
    description: 'Each value of this field is a group. Left out: nobody has any.',
    examples: ['OU'],
  }),
  claims: z
    .record(z.string().min(1), certificateField)
    .default({})
    .meta({
      description: 'Further claims that rules may compare: our name for it, and the field.',
      examples: [{ company: 'O' }],
    }),
});

/** One way to sign in. What the keys say wrong together with the others is in `cross-checks.ts`. */
export const signInSchema = z
  .discriminatedUnion('kind', [local, oidc, saml, ldap, certificate], {
    error: ({ code }) => (code === 'invalid_union' ? unknownKind() : undefined),
  })
  .meta({ description: 'One way to prove who you are. The key is its name, without a colon.' });

export type SignInEntry = z.infer<typeof signInSchema>;

function unknownKind(): string {
  return packMistake(
    'This is no kind of sign-in.',
    `Write ${listed(supportedSignInKinds, 'or')}, or take this entry out.`,
  );
}
