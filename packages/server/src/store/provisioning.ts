import type { Kysely, Selectable } from 'kysely';
import type { ProvisionedGroup, ProvisionedUser, Provisioning } from './aggregates/provisioning.ts';
import type { ProvisionedGroupRow, ProvisionedUserRow, Tables } from './tables.ts';

/** SQLite takes a few hundred values in one statement; more come in several. */
const membersAtOnce = 200;

/** Users and groups as provisioning clients wrote them, each seen by the sign-in method that it was written for. */
export function provisioningIn(db: Kysely<Tables>): Provisioning {
  return {
    async users(method, by = {}) {
      let query = db.selectFrom('provisioned_users').selectAll().where('method', '=', method);
      if (by.id !== undefined) query = query.where('id', '=', by.id);
      if (by.nameKey !== undefined) query = query.where('name_key', '=', by.nameKey);
      if (by.externalId !== undefined) query = query.where('external_id', '=', by.externalId);
      if (by.personId !== undefined) query = query.where('person_id', '=', by.personId);
      const rows = await query.orderBy('created_at').orderBy('id').execute();
      return rows.map(toUser);
    },

    async saveUser(user) {
      const row = {
        method: user.method,
        person_id: user.personId,
        name_key: user.nameKey,
        external_id: user.externalId ?? null,
        attributes: JSON.stringify(user.attributes),
        updated_at: user.updatedAt,
      };
      await db
        .insertInto('provisioned_users')
        .values({ ...row, id: user.id, created_at: user.createdAt })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
    },

    async removeUser(id) {
      // The memberships go with them: their table refers to this one, and to that of the groups.
      await db.deleteFrom('provisioned_users').where('id', '=', id).execute();
    },

    async groups(method, by = {}) {
      let query = db.selectFrom('provisioned_groups').selectAll().where('method', '=', method);
      if (by.id !== undefined) query = query.where('id', '=', by.id);
      if (by.name !== undefined) query = query.where('name', '=', by.name);
      const rows = await query.orderBy('created_at').orderBy('id').execute();
      const members = await db
        .selectFrom('provisioned_members')
        .selectAll()
        .where('group_id', 'in', query.clearSelect().select('id'))
        .orderBy('user_id')
        .execute();
      const membersOf = Map.groupBy(members, ({ group_id }) => group_id);
      return rows.map((row) =>
        toGroup(
          row,
          (membersOf.get(row.id) ?? []).map(({ user_id }) => user_id),
        ),
      );
    },

    async saveGroup(group) {
      const row = {
        method: group.method,
        name: group.name,
        external_id: group.externalId ?? null,
        updated_at: group.updatedAt,
      };
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('provisioned_groups')
          .values({ ...row, id: group.id, created_at: group.createdAt })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute();
        await transaction.deleteFrom('provisioned_members').where('group_id', '=', group.id).execute();
        for (let from = 0; from < group.memberIds.length; from += membersAtOnce) {
          const members = group.memberIds.slice(from, from + membersAtOnce);
          await transaction
            .insertInto('provisioned_members')
            .values(members.map((userId) => ({ group_id: group.id, user_id: userId })))
            .execute();
        }
      });
    },

    async removeGroup(id) {
      await db.deleteFrom('provisioned_groups').where('id', '=', id).execute();
    },

    async groupsOf(userId) {
      return await db
        .selectFrom('provisioned_groups')
        .innerJoin('provisioned_members', 'group_id', 'id')
        .select(['id', 'name'])
        .where('user_id', '=', userId)
        .orderBy('name')
        .execute();
    },
  };
}

function toUser(row: Selectable<ProvisionedUserRow>): ProvisionedUser {
  return {
    id: row.id,
    method: row.method,
    personId: row.person_id,
    nameKey: row.name_key,
    ...(row.external_id !== null && { externalId: row.external_id }),
    attributes: JSON.parse(row.attributes),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toGroup(row: Selectable<ProvisionedGroupRow>, memberIds: readonly string[]): ProvisionedGroup {
  return {
    id: row.id,
    method: row.method,
    name: row.name,
    ...(row.external_id !== null && { externalId: row.external_id }),
    memberIds,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
