import { z } from 'zod';
import { ldapUrl } from './addresses.ts';
import { packMistake } from './mistake.ts';
import { label, signInEvery } from './sign-in-values.ts';
import { secretReference } from './values.ts';

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

/** A directory. */
export const ldapSchema = z.strictObject({
  kind: z.literal('ldap'),
  label,
  url: ldapUrl,
  tlsCa: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        "PEM file of the authorities to trust. Left out: the public ones that Node.js brings, not the system's.",
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
  signInEvery: signInEvery(
    "How long the directory's word about groups and claims counts. After that tokens are not renewed before the person signed in again.",
  ),
  directPasswords: z.boolean().default(false).meta({
    description:
      'Take a directory password as the database password, at the doors, for tools that can do nothing else. Such a tool keeps it, so tokens are better.',
  }),
});
