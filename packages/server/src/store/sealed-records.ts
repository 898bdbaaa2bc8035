import { randomInt } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import { keyKind, type SealedRecord, type SealedRecords } from './aggregates/sealed-records.ts';
import { isForeignKeyViolation } from './foreign-key-violation.ts';
import type { SealedRecordRow, Tables } from './tables.ts';

const underKeyAtMost = 100;
/** First revisions are drawn below this: far beyond what writes reach, and still an exact number. */
const firstRevisionBelow = 2 ** 47;

/** Ciphertexts of the vault, replaced by compare-and-swap; a foreign key ties each to the key that seals it. */
export function sealedRecordsIn(db: Kysely<Tables>): SealedRecords {
  return {
    async get(kind, id) {
      const row = await db
        .selectFrom('sealed_records')
        .selectAll()
        .where('kind', '=', kind)
        .where('id', '=', id)
        .executeTakeFirst();
      return row && toSealedRecord(row);
    },

    async list(kind) {
      const rows = await db
        .selectFrom('sealed_records')
        .selectAll()
        .where('kind', '=', kind)
        .orderBy('id')
        .execute();
      return rows.map(toSealedRecord);
    },

    async underKey(keyId) {
      const rows = await db
        .selectFrom('sealed_records')
        .selectAll()
        .where('key_kind', '=', keyKind)
        .where('key_id', '=', keyId)
        .limit(underKeyAtMost)
        .execute();
      return rows.map(toSealedRecord);
    },

    async put(record, expectedRevision) {
      const sealed = {
        envelope: record.envelope,
        key_kind: record.keyId === undefined ? null : keyKind,
        key_id: record.keyId ?? null,
      };
      try {
        return expectedRevision === 0
          ? await inserted(db, { ...sealed, kind: record.kind, id: record.id })
          : await replaced(db, { ...sealed, kind: record.kind, id: record.id }, expectedRevision);
      } catch (thrown) {
        if (isForeignKeyViolation(thrown)) return false;
        throw thrown;
      }
    },

    async remove(kind, id) {
      try {
        await db.deleteFrom('sealed_records').where('kind', '=', kind).where('id', '=', id).execute();
        return 'removed';
      } catch (thrown) {
        if (isForeignKeyViolation(thrown)) return 'in_use';
        throw thrown;
      }
    },
  };
}

type NewRow = Omit<SealedRecordRow, 'revision'>;

async function inserted(db: Kysely<Tables>, row: NewRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sealed_records')
    .values({ ...row, revision: randomInt(1, firstRevisionBelow) })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

async function replaced(db: Kysely<Tables>, row: NewRow, expectedRevision: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sealed_records')
    .set({
      envelope: row.envelope,
      key_kind: row.key_kind,
      key_id: row.key_id,
      revision: expectedRevision + 1,
    })
    .where('kind', '=', row.kind)
    .where('id', '=', row.id)
    .where('revision', '=', expectedRevision)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

function toSealedRecord(row: Selectable<SealedRecordRow>): SealedRecord {
  return {
    kind: row.kind,
    id: row.id,
    envelope: row.envelope,
    ...(row.key_id !== null && { keyId: row.key_id }),
    revision: row.revision,
  };
}
