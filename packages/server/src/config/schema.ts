import { z } from 'zod';
import { advertisedAddress, issuer, listenAddress, redirectHost, trustedProxy } from './addresses.ts';
import { clientSchema } from './client-schema.ts';
import { allowSchema, databaseSchema } from './database-schema.ts';
import { packMistake } from './mistake.ts';
import { signInSchema } from './sign-in-schema.ts';
import { duration, entryName, passwordHash, rate, secretReference, store, username } from './values.ts';
import { workloadSchema } from './workload-schema.ts';

/**
 * The shape of the config file. What one value can say wrong is here; what only the whole file shows (a scope of a
 * database that does not exist) is in `cross-checks.ts`. The JSON Schema and the reference are made from this.
 */

/** One local person known from the start. */
export const userSchema = z
  .strictObject({
    groups: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: 'Groups that rules go by.', examples: [['viewer']] }),
    claims: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
      .default({})
      .meta({ description: 'Further claims that rules may compare.' }),
    passwordHash,
  })
  .meta({ description: 'A local person. The key is the user name, usually the e-mail.' });

const clientId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
  error: () =>
    packMistake('This client id cannot be used.', 'Use letters, digits, - _ and . only, at most 100 in all.'),
});

const methodName = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, {
  error: () =>
    packMistake(
      'This name of a sign-in method cannot be used.',
      'Use a small letter first, then small letters, digits, - and _. A colon would make identities ambiguous.',
    ),
});

const scimSchema = z.strictObject({
  secret: secretReference('The bearer token that the provisioning client sends.'),
  subject: z.enum(['externalId', 'userName']).default('externalId').meta({
    description: 'Which attribute is the subject that the sign-in method proves. Never the e-mail.',
  }),
  groups: z.enum(['together', 'instead']).default('together').meta({
    description: 'Whether provisioned groups count together with those of a sign-in, or instead of them.',
  }),
});

/** The listeners. */
export const listenSchema = z
  .strictObject({
    http: listenAddress('HTTP', 8400),
    postgres: listenAddress('PostgreSQL', 15432).optional(),
    mysql: listenAddress('MySQL', 13306).optional(),
    redis: listenAddress('Redis', 16379).optional(),
    redshift: listenAddress('Redshift', 15439).optional(),
  })
  .meta({ description: 'The doors. One that is left out stays closed.' });

/** The doors as clients reach them. */
export const advertiseSchema = z
  .strictObject({
    postgres: advertisedAddress('PostgreSQL', 15432).optional(),
    mysql: advertisedAddress('MySQL', 13306).optional(),
    redis: advertisedAddress('Redis', 16379).optional(),
    redshift: advertisedAddress('Redshift', 15439).optional(),
  })
  .prefault({})
  .meta({
    description:
      'Where clients are told to connect, in token answers, on pages and by the command line, when something in front listens at other addresses. Left out: the host of issuer and the port of listen.',
  });

/** The whole file. */
export const configSchema = z
  .strictObject({
    issuer,
    dataDir: z.string().min(1).default('./.grantway').meta({
      description: 'Folder for the audit log, certificates and the embedded store; made with mode 0700.',
    }),
    store: store.optional(),
    masterKey: secretReference('32 bytes in base64. It wraps every stored secret.'),
    listen: listenSchema,
    advertise: advertiseSchema,
    trustedProxies: z
      .array(trustedProxy)
      .min(1)
      .optional()
      .meta({
        description:
          'Proxies in front of the HTTP door whose X-Forwarded-For is believed, for rate limits, throttles and records. Left out: the address that connects is the one that counts.',
        examples: [['10.0.0.0/8']],
      }),
    tls: z
      .strictObject({
        certificate: z
          .string()
          .min(1)
          .meta({ description: 'PEM file, the chain.', examples: ['./tls/server.crt'] }),
        privateKey: z
          .string()
          .min(1)
          .meta({ description: 'PEM file, mode 0600.', examples: ['./tls/server.key'] }),
      })
      .optional()
      .meta({ description: 'Certificate of all doors. Left out: one is made in dataDir.' }),
    signIn: z
      .record(methodName, signInSchema)
      .refine((methods) => Object.keys(methods).length > 0, {
        error: () => packMistake('Nobody could sign in.', 'Write local: {} in it.'),
      })
      .prefault({ local: {} })
      .meta({ description: 'Ways to sign in, by name. The name is half of every identity.' }),
    workloads: z
      .record(methodName, workloadSchema)
      .default({})
      .meta({ description: 'Programs that exchange a token of their platform for one of ours, by name.' }),
    scim: z.record(methodName, scimSchema).default({}).meta({
      description:
        'Who may provision people and groups over SCIM 2.0 at /scim/v2, by the sign-in method whose people they are.',
    }),
    databases: z
      .record(entryName, databaseSchema)
      .refine((databases) => Object.keys(databases).length > 0, {
        error: () => packMistake('There is no database to give access to.', 'Add at least one entry.'),
      })
      .meta({ description: 'The databases, by the name that scopes and clients use.' }),
    clients: z
      .record(clientId, clientSchema)
      .default({})
      .meta({ description: 'Applications known from the start, by client id.' }),
    users: z
      .record(username, userSchema)
      .default({})
      .meta({ description: 'Local people known from the start, by user name.' }),
    tokens: z
      .strictObject({
        access: duration('Life of an access token.', '15m', '1s', '24h').prefault('15m'),
        refresh: duration(
          'Life of a consent. Refresh tokens live as long from the code that gave the first, however often they rotate.',
          '30d',
          '1s',
          '365d',
        ).prefault('30d'),
        browserSession: duration(
          'How long a browser stays signed in, counted from the sign-in; a shorter time counts for those that are signed in already.',
          '12h',
          '1s',
          '30d',
        ).prefault('12h'),
        signingKey: duration(
          'How long one key signs ID tokens before the next one does.',
          '90d',
          '1m',
          '3650d',
        ).prefault('90d'),
        signingKeyNotice: duration(
          'How long before it signs a key is published at /oauth/jwks: at least as long as applications keep what they read there.',
          '24h',
          '5s',
          '30d',
        ).prefault('24h'),
      })
      .prefault({})
      .meta({ description: 'Lifetimes.' }),
    audit: z
      .strictObject({
        keep: duration(
          'How long records of the audit log are kept. Older ones are removed, in whole files of a day at most, once newer ones follow. Left out: for ever.',
          '400d',
          '1d',
          '36500d',
        ).optional(),
      })
      .prefault({})
      .meta({ description: 'The audit log.' }),
    limits: z
      .strictObject({
        address: rate('Requests from one address (one /64 of IPv6).', '6000/1m').prefault('6000/1m'),
        client: rate('Requests of one application that proved who it is.', '12000/1m').prefault('12000/1m'),
        person: rate('Requests in the name of one person.', '6000/1m').prefault('6000/1m'),
      })
      .prefault({})
      .meta({
        description:
          'How often one party may ask over HTTP, counted in the store for all gateways together; off for no limit.',
      }),
    registration: z
      .strictObject({
        enabled: z
          .boolean()
          .default(false)
          .meta({ description: 'Accept registrations of RFC 7591 at /oauth/register.' }),
        metadataDocuments: z
          .boolean()
          .optional()
          .meta({
            description:
              'Take a client id that is the https address of a document about the client (Client ID Metadata Document). Grantway then fetches such documents from the public internet.',
            examples: ['true'],
          }),
        people: allowSchema.optional().meta({
          description: 'Who may register applications on the page /developer. Left out: nobody.',
          examples: [{ groups: ['developer'] }],
        }),
        approvedBy: allowSchema.optional().meta({
          description:
            'Who approves what was registered so. Until then an application works in test mode: for its developer alone, and back to their own machine. Left out: none needs approval, and the consent page says so.',
          examples: [{ groups: ['admin'] }],
        }),
        redirectHosts: z
          .array(redirectHost)
          .min(1)
          .optional()
          .meta({
            description:
              'Where such clients may send people back to, beside their own machine. Left out: anywhere over https.',
            examples: [['*.acme.example']],
          }),
      })
      .prefault({})
      .meta({ description: 'Clients that register themselves.' }),
    admins: allowSchema.optional().meta({
      description: 'Who may call the administrative API. Left out: nobody.',
      examples: [{ groups: ['admin'] }],
    }),
  })
  .meta({ title: 'Grantway configuration' });

/** The file after parsing of its single values. */
export type ConfigFile = z.infer<typeof configSchema>;
