import { z } from 'zod';
import type { ProvisionedGroup } from '../../store/index.ts';
import { ScimError } from './scim-error.ts';

/** The name of the schema of groups (RFC 7643, section 4.2). */
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

const mostMembers = 10_000;

const shape = z.looseObject({
  displayName: z
    .string()
    .trim()
    .min(1)
    .max(256)
    .refine((text) => !/\p{C}/u.test(text), 'holds characters that cannot be seen'),
  externalId: z.string().max(255).nullish(),
  members: z
    .array(z.looseObject({ value: z.string().max(64) }))
    .max(mostMembers)
    .nullish(),
});

/** What a client wrote of a group, checked. */
export interface WrittenGroup {
  readonly name: string;
  readonly externalId: string | undefined;
  /** Ids of users, each once. */
  readonly memberIds: readonly string[];
}

/** @throws ScimError `invalidValue` */
export function readGroup(body: unknown): WrittenGroup {
  const parsed = shape.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ScimError(400, `${issue?.path.join('.')}: ${issue?.message}`, 'invalidValue');
  }
  const { displayName, externalId, members } = parsed.data;
  return {
    name: displayName,
    externalId: externalId ?? undefined,
    memberIds: [...new Set((members ?? []).map(({ value }) => value))],
  };
}

/** A group as clients read it. */
export function groupResource(group: ProvisionedGroup, issuer: string): Readonly<Record<string, unknown>> {
  return {
    schemas: [groupSchema],
    id: group.id,
    ...(group.externalId !== undefined && { externalId: group.externalId }),
    displayName: group.name,
    members: group.memberIds.map((value) => ({ value, $ref: `${issuer}/scim/v2/Users/${value}` })),
    meta: {
      resourceType: 'Group',
      created: new Date(group.createdAt).toISOString(),
      lastModified: new Date(group.updatedAt).toISOString(),
      location: `${issuer}/scim/v2/Groups/${group.id}`,
    },
  };
}
