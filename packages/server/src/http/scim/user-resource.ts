import { z } from 'zod';
import { foldUsername } from '../../config/index.ts';
import type { ProvisionedUser } from '../../store/index.ts';
import { ScimError } from './scim-error.ts';

/** The name of the schema of users (RFC 7643, section 4.1). */
export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** Some clients write truth as a text (Entra ID: "True"). */
const truth = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(true|false)$/i)
    .transform((text) => text.toLowerCase() === 'true'),
]);
const name = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .refine((text) => !/\p{C}/u.test(text), 'holds characters that cannot be seen');

const shape = z.looseObject({
  userName: name,
  externalId: name.nullish(),
  active: truth.default(true),
  displayName: z.string().max(1_000).nullish(),
  name: z.looseObject({ formatted: z.string().nullish() }).nullish(),
});

/** What a client wrote of a user, checked. */
export interface WrittenUser {
  readonly userName: string;
  readonly nameKey: string;
  readonly externalId: string | undefined;
  readonly active: boolean;
  readonly displayName: string;
  /** All of it, to be given back: without what is ours (id, meta, groups) and without a password. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Of a name on a page. */
const mostShown = 200;

/** A name without what cannot be seen: a mark of direction would make it look like another one. */
function visible(text: string | null | undefined): string {
  return (text ?? '').replace(/\p{C}/gu, '').trim().slice(0, mostShown);
}

/** Reads what a client writes, or what is stored of what one wrote. @throws ScimError `invalidValue` */
export function readUser(body: unknown): WrittenUser {
  const parsed = shape.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ScimError(400, `${issue?.path.join('.')}: ${issue?.message}`, 'invalidValue');
  }
  const {
    id: _id,
    meta: _meta,
    groups: _groups,
    schemas: _schemas,
    password: _password,
    ...written
  } = parsed.data;
  const { userName, externalId, active } = written;
  const shown = [written.displayName, written.name?.formatted].map(visible).find((text) => text !== '');
  return {
    userName,
    nameKey: foldUsername(userName),
    externalId: externalId ?? undefined,
    active,
    displayName: shown ?? userName.slice(0, mostShown),
    attributes: written,
  };
}

/** A user as clients read it. */
export function userResource(
  user: ProvisionedUser,
  groups: readonly { readonly id: string; readonly name: string }[],
  issuer: string,
): Readonly<Record<string, unknown>> {
  const extensions = Object.keys(user.attributes).filter((key) => key.startsWith('urn:'));
  return {
    schemas: [userSchema, ...extensions],
    id: user.id,
    ...user.attributes,
    groups: groups.map(({ id, name: display }) => ({
      value: id,
      display,
      $ref: `${issuer}/scim/v2/Groups/${id}`,
    })),
    meta: {
      resourceType: 'User',
      created: new Date(user.createdAt).toISOString(),
      lastModified: new Date(user.updatedAt).toISOString(),
      location: `${issuer}/scim/v2/Users/${user.id}`,
    },
  };
}
