import { z } from 'zod';
import type { AllowRule, ManagedGrants } from '../core/index.ts';
import { clusterAddress, host, sentinelAddress } from './addresses.ts';
import { awsSchema } from './aws-schema.ts';
import { cloudSchema } from './cloud-schema.ts';
import { identityTokenSchema } from './identity-token-schema.ts';
import { packMistake } from './mistake.ts';
import { engineNames, supportedPoolModes } from './supported.ts';
import { duration, entryName, login, secretReference } from './values.ts';

const names = z.array(z.string().min(1)).min(1);

const allowEntries = z
  .strictObject({
    groups: names
      .optional()
      .meta({ description: 'Members of any of these groups.', examples: [['admin', 'editor']] }),
    users: names.optional().meta({
      description: 'These people: method:subject, or the bare user name of a local person.',
      examples: [['viewer@example.com', 'corp:jane']],
    }),
    clients: names
      .optional()
      .meta({ description: 'Whoever comes through one of these clients.', examples: [['acme-bi']] }),
    claims: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .meta({
        description: 'People whose claims equal all of these, in type and value.',
        examples: [{ department: 'finance' }],
      }),
  })
  .transform((given, context): AllowRule => {
    const { groups, users, clients, claims } = given;
    const rules: AllowRule[] = [];
    if (groups !== undefined) rules.push({ kind: 'groups', anyOf: groups });
    if (users !== undefined) rules.push({ kind: 'users', anyOf: users });
    if (clients !== undefined) rules.push({ kind: 'clients', anyOf: clients });
    if (claims !== undefined && Object.keys(claims).length > 0) rules.push({ kind: 'claims', equal: claims });
    const [rule] = rules;
    if (rule !== undefined && rules.length === 1) return rule;
    context.issues.push({
      code: 'custom',
      input: given,
      message: packMistake(
        rules.length === 0 ? 'This rule lets nobody in.' : 'A rule goes by one thing only.',
        'Write everyone, or exactly one of groups, users, clients and claims.',
      ),
    });
    return z.NEVER;
  });

/** Who something is for. */
export const allowSchema = z.union([
  z.literal('everyone').transform((): AllowRule => ({ kind: 'everyone' })),
  allowEntries,
]);

const grants = z.union([
  z.enum(['read', 'write', 'admin']).transform((template): ManagedGrants => ({ kind: 'template', template })),
  z
    .array(z.string().min(1))
    .min(1)
    .transform((statements): ManagedGrants => ({ kind: 'statements', statements })),
]);

/** One role of a database. */
export const roleSchema = z
  .strictObject({
    login: login(
      'The login of the database that sessions of this role use. It is their session_user.',
      'gw_readonly',
    ),
    password: secretReference('Password of the login. Left out: the role is managed.').optional(),
    grants: grants.optional().meta({
      description: 'What a managed role may do: read, write or admin, or a list of statements.',
      examples: ['read'],
    }),
    dbGroups: names.optional().meta({
      description: 'With aws: groups of the database that the login joins for each session.',
      examples: [['readers']],
    }),
    awsRole: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, {
        error: () =>
          packMistake('This is no ARN of an AWS role.', 'Write arn:aws:iam::<account>:role/<name>.'),
      })
      .optional()
      .meta({
        description:
          'With aws: the AWS role that is assumed to get the login. Left out: Grantway asks as itself.',
        examples: ['arn:aws:iam::123456789012:role/analysts'],
      }),
    allow: allowSchema.meta({
      description: 'Who the role is for: everyone, or one of groups, users, clients, claims.',
      examples: ['everyone', { groups: ['admin'] }],
    }),
    require: z
      .strictObject({
        factor: z
          .boolean()
          .default(false)
          .meta({
            description: 'A second factor, or a passkey: whoever has none sets one up at the sign-in.',
            examples: [true],
          }),
        signInWithin: duration(
          'How long ago the person may have signed in when a connection begins. Left out: as long as the token can be renewed.',
          '15m',
          '1m',
          '30d',
        ).optional(),
      })
      .refine(({ factor, signInWithin }) => factor || signInWithin !== undefined, {
        error: () => packMistake('This demands nothing.', 'Write factor: true, signInWithin, or both.'),
      })
      .optional()
      .meta({
        description:
          'What a sign-in must have proved for this role. Only people meet it, and no workload does.',
      }),
    maxSession: duration('The longest that one session may live.', '12h', '1s', '24d').prefault('12h'),
  })
  .meta({ description: 'A named level of access, bound to a login that really exists in the database.' });

const manager = z
  .strictObject({
    login: login('An account that may make roles; it is no superuser.', 'grantway_manager'),
    password: secretReference('Its password.'),
  })
  .meta({
    description:
      'Account for `grantway roles apply`, for rotation, and for the gateway to put right what a managed login did to itself. Never used for a session of a person.',
  });

const pool = z
  .strictObject({
    mode: z.enum(supportedPoolModes).default('session').meta({
      description:
        'session: a connection for each session, given back at its end. multiplexed, on Redis: sessions of one person and role share one, and have one of their own only while they need it.',
    }),
    size: z
      .int()
      .min(1)
      .max(10_000)
      .default(20)
      .meta({ description: 'The most upstream connections that may be open at once.' }),
  })
  .meta({ description: 'How upstream connections are kept.' });

/** `KEYS` or `CLIENT LIST`; capitals or not. */
const commandName = z.string().regex(/^[a-z][a-z0-9._-]*( [a-z][a-z0-9_-]*)?$/i, {
  error: () =>
    packMistake(
      'This is no command.',
      'Write its name, and one subcommand if it is about that: CLIENT LIST.',
    ),
});

/** A database without its roles, so that each can be checked when others are wrong. */
export const databaseHeadSchema = z.strictObject({
  engine: z.enum(engineNames).meta({
    description: 'The protocol of the database.',
    examples: ['postgres'],
  }),
  host: host.optional(),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ description: "Port of the server; the engine's usual one when left out.", examples: [5432] }),
  sentinels: z
    .array(sentinelAddress)
    .min(1)
    .max(16)
    .optional()
    .meta({
      description:
        'On Redis, instead of host and port: Sentinels that say where the primary is. They are asked in this order, under the same tls.',
      examples: [['sentinel-1.internal:26379', 'sentinel-2.internal:26379']],
    }),
  primary: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, {
      error: () =>
        packMistake('This is no name that a Sentinel watches.', 'Write it as sentinel.conf has it.'),
    })
    .optional()
    .meta({ description: 'With sentinels: the name under which they watch it.', examples: ['mymaster'] }),
  sentinelAccount: z
    .strictObject({
      login: login('Their ACL user. Left out: default, as with requirepass.', 'grantway').optional(),
      password: secretReference('Its password.'),
    })
    .optional()
    .meta({ description: 'With sentinels: who asks them, where they want a password.' }),
  cluster: z
    .array(clusterAddress)
    .min(1)
    .max(64)
    .optional()
    .meta({
      description:
        'On Redis, instead of host and port: some nodes of a cluster. Whoever answers first tells of the others; clients see one server.',
      examples: [['node-1.internal:6379', 'node-2.internal:6379']],
    }),
  database: z
    .union([z.string().min(1).max(63), z.int().min(0)])
    .optional()
    .meta({
      description:
        'Name of the database on the server; the key of this entry when left out. On Redis its number; 0 when left out.',
      examples: ['authdb'],
    }),
  tls: z.enum(['verify-full', 'verify-ca', 'require', 'off']).default('verify-full').meta({
    description:
      'verify-full checks chain and host name, verify-ca the chain, require encrypts without checking, off is for loopback only.',
  }),
  tlsCa: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        "PEM file of the authorities to trust. Left out: the public ones that Node.js brings, not the system's.",
      examples: ['./tls/db-ca.crt'],
    }),
  tlsCert: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'PEM file with the certificate chain that Grantway shows to the server, if it asks for one.',
      examples: ['./tls/grantway.crt'],
    }),
  tlsKey: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'PEM file with the private key of tlsCert, without a passphrase, mode 0600.',
      examples: ['./tls/grantway.key'],
    }),
  manager: manager.optional(),
  aws: awsSchema.optional(),
  cloud: cloudSchema.optional(),
  identityToken: identityTokenSchema.optional(),
  pool: pool.prefault({}),
  shareAcrossPeople: z.boolean().default(false).meta({
    description:
      'Let people who share a role share a pooled connection, one after the other, with whatever a reset does not undo.',
  }),
  audit: z
    .enum(['standard', 'strict'])
    .default('standard')
    .meta({ description: 'standard: a statement is on disk within 100 ms. strict: before it is forwarded.' }),
  auditParameters: z
    .boolean()
    .default(false)
    .meta({ description: 'Record the values of bound parameters. They may hold personal data.' }),
  allowCommands: z
    .array(commandName)
    .optional()
    .meta({
      description:
        'On Redis: commands that Grantway refuses by itself, and that roles may run here as far as their ACL lets them.',
      examples: [['KEYS', 'CLIENT LIST']],
    }),
  allowLocalInfile: z.boolean().default(false).meta({
    description:
      'On MySQL and MariaDB: clients may send files of theirs with LOAD DATA LOCAL INFILE, if the server takes them too.',
  }),
});

/** One configured upstream. */
export const databaseSchema = databaseHeadSchema
  .extend({
    roles: z
      .record(entryName, roleSchema)
      .refine((roles) => Object.keys(roles).length > 0, {
        error: () => packMistake('A database without roles lets nobody in.', 'Add at least one role.'),
      })
      .meta({ description: 'In order: the first that a person qualifies for is their default.' }),
  })
  .meta({ description: 'One upstream database.' });

/** A database as the file has it, checked, without its roles. */
export type DatabaseHead = z.infer<typeof databaseHeadSchema>;
/** A role as the file has it, checked. */
export type RoleEntry = z.infer<typeof roleSchema>;
