import type { Kysely, Selectable } from 'kysely';
import type { People, Person, Provisioned } from './aggregates/people.ts';
import { nextSequence, sequenceNow } from './revocation-sequence.ts';
import type { PersonRow, Tables } from './tables.ts';

/** Everybody who signed in or was added. Passwords have a table of their own, so that no list can carry them. */
export function peopleIn(db: Kysely<Tables>): People {
  const neverSeen = {
    last_sign_in_at: null,
    heard_at: null,
    provisioned: null,
    // What was begun as somebody who was removed does not end as one who is added under the same id.
    sign_in_epoch: sequenceNow(db),
  } as const;

  const save = async (
    person: Pick<Person, 'id' | 'displayName' | 'groups' | 'claims'>,
    at: number,
    signIn: { last_sign_in_at?: number; heard_at?: number },
  ) => {
    const known = {
      display_name: person.displayName,
      groups: JSON.stringify(person.groups),
      claims: JSON.stringify(person.claims),
      ...signIn,
    };
    await db
      .insertInto('people')
      .values({ ...neverSeen, ...known, id: person.id, disabled: 0, created_at: at })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(known))
      .execute();
  };

  async function setDisabled(id: string, disabled: 0 | 1): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('people')
      .set({ disabled })
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  return {
    async get(id) {
      const row = await db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toPerson(row);
    },

    async list() {
      const rows = await db.selectFrom('people').selectAll().orderBy('created_at').orderBy('id').execute();
      return rows.map(toPerson);
    },

    async put(person, at) {
      await save(person, at, {});
    },

    async seen(person, at) {
      await save(person, at, { last_sign_in_at: at, heard_at: at });
    },

    async heard({ id, displayName, groups, claims }, at) {
      await db
        .updateTable('people')
        .set({
          display_name: displayName,
          groups: JSON.stringify(groups),
          claims: JSON.stringify(claims),
          heard_at: at,
        })
        .where('id', '=', id)
        .execute();
    },

    async silence(id) {
      await db.updateTable('people').set({ heard_at: 0 }).where('id', '=', id).execute();
    },

    async provision({ id, displayName, provisioned }, at) {
      const said = { display_name: displayName, provisioned: JSON.stringify(provisioned) };
      await db
        .insertInto('people')
        .values({ ...neverSeen, ...said, id, groups: '[]', claims: '{}', disabled: 0, created_at: at })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(said))
        .execute();
    },

    disable: (id) => setDisabled(id, 1),
    enable: (id) => setDisabled(id, 0),

    async endSignIns(id) {
      await db.transaction().execute(async (transaction) => {
        const sequence = await nextSequence(transaction);
        await transaction
          .updateTable('people')
          .set({ sign_in_epoch: sequence })
          .where('id', '=', id)
          .execute();
      });
    },

    async signInMark() {
      const { sequence } = await sequenceNow(db).executeTakeFirstOrThrow();
      return sequence;
    },

    async remove(id) {
      return await db.transaction().execute(async (transaction) => {
        await transaction.updateTable('applications').set({ owner: null }).where('owner', '=', id).execute();
        await transaction.deleteFrom('client_uses').where('person_id', '=', id).execute();
        await transaction.deleteFrom('local_passwords').where('person_id', '=', id).execute();
        const { numDeletedRows } = await transaction
          .deleteFrom('people')
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        return numDeletedRows > 0n;
      });
    },

    async setPassword(id, password) {
      const { hash, expiresAt, configured } = password;
      const saved = { hash, expires_at: expiresAt ?? null, ...(configured !== undefined && { configured }) };
      await db
        .insertInto('local_passwords')
        .values({ person_id: id, configured: null, ...saved })
        .onConflict((conflict) => conflict.column('person_id').doUpdateSet(saved))
        .execute();
    },

    async upgradePassword(id, from, to) {
      const { numUpdatedRows } = await db
        .updateTable('local_passwords')
        .set({ hash: to })
        .where('person_id', '=', id)
        .where('hash', '=', from)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async changePassword(id, from, to) {
      const { numUpdatedRows } = await db
        .updateTable('local_passwords')
        .set({ hash: to, expires_at: null })
        .where('person_id', '=', id)
        .where('hash', '=', from)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async password(id) {
      const row = await db
        .selectFrom('local_passwords')
        .select(['hash', 'expires_at', 'configured'])
        .where('person_id', '=', id)
        .executeTakeFirst();
      return (
        row && {
          hash: row.hash,
          ...(row.expires_at !== null && { expiresAt: row.expires_at }),
          ...(row.configured !== null && { configured: row.configured }),
        }
      );
    },
  };
}

function toPerson(row: Selectable<PersonRow>): Person {
  const provisioned: Provisioned | null = row.provisioned === null ? null : JSON.parse(row.provisioned);
  return {
    id: row.id,
    displayName: row.display_name,
    groups: allGroups(JSON.parse(row.groups), provisioned),
    claims: JSON.parse(row.claims),
    disabled: row.disabled === 1 || provisioned?.active === false,
    createdAt: row.created_at,
    signInEpoch: row.sign_in_epoch,
    ...(row.last_sign_in_at !== null && { lastSignInAt: row.last_sign_in_at }),
    ...(row.heard_at !== null && { heardAt: row.heard_at }),
  };
}

function allGroups(said: readonly string[], provisioned: Provisioned | null): readonly string[] {
  if (provisioned === null) return said;
  return provisioned.groupsInstead ? provisioned.groups : [...new Set([...said, ...provisioned.groups])];
}
