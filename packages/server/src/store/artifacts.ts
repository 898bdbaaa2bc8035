import type { Kysely, Selectable } from 'kysely';
import { type Clock, hashSecret } from '../core/index.ts';
import type { Artifacts, StoredArtifact } from './aggregates/artifacts.ts';
import { removeBefore } from './remove-before.ts';
import type { ArtifactRow, Tables } from './tables.ts';

const listedAtMost = 1_000;

/** What the OAuth library keeps, in one table with an index for each way in. */
export function artifactsIn(db: Kysely<Tables>, clock: Clock): Artifacts {
  /** Those that have not expired: nobody may find the others, whether they were pruned yet or not. */
  const live = () => {
    const now = clock.now();
    return db
      .selectFrom('artifacts')
      .selectAll()
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]));
  };

  return {
    async upsert(artifact) {
      const saved = {
        payload: JSON.stringify(artifact.payload),
        expires_at: artifact.expiresAt ?? null,
        grant_id: artifact.grantId ?? null,
        uid_hash: artifact.uidHash ?? null,
        user_code_hash: artifact.userCodeHash ?? null,
        account_id: artifact.accountId ?? null,
        client_id: artifact.clientId ?? null,
      };
      await db
        .insertInto('artifacts')
        .values({
          ...saved,
          model: artifact.model,
          id_hash: artifact.idHash,
          created_at: clock.now(),
          consumed_at: null,
        })
        .onConflict((conflict) => conflict.columns(['model', 'id_hash']).doUpdateSet(saved))
        .execute();
    },

    async find(model, idHash) {
      const row = await live().where('model', '=', model).where('id_hash', '=', idHash).executeTakeFirst();
      return row && toArtifact(row);
    },

    async findByUid(model, uidHash) {
      const row = await live().where('model', '=', model).where('uid_hash', '=', uidHash).executeTakeFirst();
      return row && toArtifact(row);
    },

    async findByUserCode(model, userCodeHash) {
      const row = await live()
        .where('model', '=', model)
        .where('user_code_hash', '=', userCodeHash)
        .executeTakeFirst();
      return row && toArtifact(row);
    },

    async consume(model, idHash, at) {
      const { numUpdatedRows } = await db
        .updateTable('artifacts')
        .set({ consumed_at: at })
        .where('model', '=', model)
        .where('id_hash', '=', idHash)
        .where('consumed_at', 'is', null)
        .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
        .executeTakeFirstOrThrow();
      if (numUpdatedRows > 0n) return 'consumed';
      const used = await live()
        .where('model', '=', model)
        .where('id_hash', '=', idHash)
        .where('consumed_at', 'is not', null)
        .executeTakeFirst();
      return used === undefined ? 'not_found' : 'already_consumed';
    },

    async destroy(model, idHash) {
      await db.deleteFrom('artifacts').where('model', '=', model).where('id_hash', '=', idHash).execute();
    },

    async revokeByGrant(grantId) {
      await db
        .deleteFrom('artifacts')
        .where((where) =>
          where.or([
            where('grant_id', '=', grantId),
            where.and([where('model', '=', 'Grant'), where('id_hash', '=', hashSecret(grantId))]),
          ]),
        )
        .execute();
    },

    async list(model, by) {
      const rows = await live()
        .where('model', '=', model)
        .where('consumed_at', 'is', null)
        .$if(by.accountId !== undefined, (query) => query.where('account_id', '=', by.accountId ?? ''))
        .$if(by.clientId !== undefined, (query) => query.where('client_id', '=', by.clientId ?? ''))
        .$if(by.grantId !== undefined, (query) => query.where('grant_id', '=', by.grantId ?? ''))
        .orderBy('created_at', 'desc')
        .orderBy('id_hash')
        .limit(listedAtMost)
        .execute();
      return rows.map(toArtifact);
    },

    prune: (before) =>
      removeBefore(db, { table: 'artifacts', key: ['model', 'id_hash'], time: 'expires_at', before }),
  };
}

function toArtifact(row: Selectable<ArtifactRow>): StoredArtifact {
  return {
    model: row.model,
    idHash: row.id_hash,
    payload: JSON.parse(row.payload),
    createdAt: row.created_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.grant_id !== null && { grantId: row.grant_id }),
    ...(row.uid_hash !== null && { uidHash: row.uid_hash }),
    ...(row.user_code_hash !== null && { userCodeHash: row.user_code_hash }),
    ...(row.account_id !== null && { accountId: row.account_id }),
    ...(row.client_id !== null && { clientId: row.client_id }),
    ...(row.consumed_at !== null && { consumedAt: row.consumed_at }),
  };
}
