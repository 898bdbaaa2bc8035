import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Factor, Factors } from './aggregates/factors.ts';
import type { FactorRow, Tables } from './tables.ts';

/** Second factors. What makes a code good once is one conditional update, so it holds between processes too. */
export function factorsIn(db: Kysely<Tables>): Factors {
  return {
    async list(personId) {
      const rows = await db
        .selectFrom('factors')
        .selectAll()
        .where('person_id', '=', personId)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toFactor);
    },

    async add({ id, personId, kind, label, step, passkey }, at) {
      await db
        .insertInto('factors')
        .values({
          id,
          person_id: personId,
          kind,
          label,
          created_at: at,
          last_used_at: null,
          last_step: step,
          credential_id: passkey?.credentialId ?? null,
          public_key: passkey?.publicKey ?? null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },

    async takeStep(id, step, at) {
      const { numUpdatedRows } = await db
        .updateTable('factors')
        .set({ last_step: step, last_used_at: at })
        .where('id', '=', id)
        .where('last_step', '<', step)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async used(id, step, at) {
      await db
        .updateTable('factors')
        .set({ last_step: step, last_used_at: at })
        .where('id', '=', id)
        .execute();
    },

    async byCredential(credentialId) {
      const row = await db
        .selectFrom('factors')
        .selectAll()
        .where('credential_id', '=', credentialId)
        .executeTakeFirst();
      return row && toFactor(row);
    },

    async remove(personId, id) {
      return await db.transaction().execute(async (transaction) => {
        await holdPerson(transaction, personId);
        const { numDeletedRows } = await transaction
          .deleteFrom('factors')
          .where('person_id', '=', personId)
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        const left = await transaction
          .selectFrom('factors')
          .select('id')
          .where('person_id', '=', personId)
          .executeTakeFirst();
        // They stand in for a factor; without one they would be nothing but more passwords.
        if (left === undefined)
          await transaction.deleteFrom('recovery_codes').where('person_id', '=', personId).execute();
        return numDeletedRows > 0n;
      });
    },

    async setRecoveryCodes(personId, hashes) {
      await db.transaction().execute(async (transaction) => {
        await holdPerson(transaction, personId);
        await transaction.deleteFrom('recovery_codes').where('person_id', '=', personId).execute();
        const rows = hashes.map((hash) => ({ person_id: personId, code_hash: hash }));
        if (rows.length > 0) await transaction.insertInto('recovery_codes').values(rows).execute();
      });
    },

    async useRecoveryCode(personId, hash) {
      const { numDeletedRows } = await db
        .deleteFrom('recovery_codes')
        .where('person_id', '=', personId)
        .where('code_hash', '=', hash)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    async recoveryCodesLeft(personId) {
      const rows = await db
        .selectFrom('recovery_codes')
        .select('code_hash')
        .where('person_id', '=', personId)
        .execute();
      return rows.length;
    },

    async keysWithoutFactor(kind) {
      const rows = await db
        .selectFrom('sealed_records')
        .select('sealed_records.id')
        .leftJoin('factors', 'factors.id', 'sealed_records.id')
        .where('sealed_records.kind', '=', kind)
        .where('factors.id', 'is', null)
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}

/**
 * Holds the person's row until the transaction ends: of two at the same moment each would not see what the other did, and
 * recovery codes would outlive the last factor, or those of before the new ones.
 */
async function holdPerson(transaction: Transaction<Tables>, personId: string): Promise<void> {
  await transaction
    .updateTable('people')
    .set(({ ref }) => ({ disabled: ref('disabled') }))
    .where('id', '=', personId)
    .execute();
}

function toFactor(row: Selectable<FactorRow>): Factor {
  return {
    id: row.id,
    personId: row.person_id,
    kind: row.kind,
    label: row.label,
    createdAt: row.created_at,
    step: row.last_step,
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
    ...(row.credential_id !== null &&
      row.public_key !== null && {
        passkey: { credentialId: row.credential_id, publicKey: row.public_key },
      }),
  };
}
