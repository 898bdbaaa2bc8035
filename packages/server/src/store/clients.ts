import type { Kysely, Selectable } from 'kysely';
import type { Clients, RegisteredClient } from './aggregates/clients.ts';
import type { ClientRow, Tables } from './tables.ts';

const removedAtOnce = 100;

/** OAuth clients and the hashes of their secrets. */
export function clientsIn(db: Kysely<Tables>): Clients {
  const unused = (at: number) =>
    db
      .selectFrom('clients')
      .where('origin', 'in', ['registration', 'document'])
      .where('disabled', '=', 0)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('client_uses').select('client_id').whereRef('client_id', '=', 'clients.id'))),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('applications')
              .select('client_id')
              .whereRef('client_id', '=', 'clients.id')
              .where('decided_by', 'is not', null),
          ),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('artifacts')
              .select('client_id')
              .whereRef('client_id', '=', 'clients.id')
              .where('model', '=', 'Grant')
              .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)])),
          ),
        ),
      );

  async function setDisabled(id: string, disabled: 0 | 1): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('clients')
      .set({ disabled })
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  return {
    async get(id) {
      const row = await db.selectFrom('clients').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toClient(row);
    },

    async list() {
      const rows = await db.selectFrom('clients').selectAll().orderBy('created_at').orderBy('id').execute();
      return rows.map(toClient);
    },

    put: (client, at) => putIn(db, client, at),

    async putWaiting(client, at) {
      await db.transaction().execute(async (transaction) => {
        await putIn(transaction, client, at);
        await transaction
          .insertInto('applications')
          .values({ client_id: client.id, owner: null, state: 'waiting', logo: null, decided_by: null })
          .onConflict((conflict) => conflict.column('client_id').doNothing())
          .execute();
      });
    },

    disable: (id) => setDisabled(id, 1),
    enable: (id) => setDisabled(id, 0),

    async remove(id) {
      // The secrets go with it: the table of secrets refers to this one.
      const { numDeletedRows } = await db
        .deleteFrom('clients')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    async countUnused(at) {
      const { count } = await unused(at)
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async removeUnused(before, at) {
      const rows = await db
        .deleteFrom('clients')
        .where('id', 'in', unused(at).select('id').where('created_at', '<', before).limit(removedAtOnce))
        .returning(['id', 'created_at'])
        .execute();
      return rows.map((row) => ({ id: row.id, createdAt: row.created_at }));
    },

    async addSecret(id, secretHash, othersExpireAt, at) {
      await db.transaction().execute(async (transaction) => {
        // Holds the client's row: two at the same moment would each not see the other's secret, and both would stay.
        await transaction
          .updateTable('clients')
          .set(({ ref }) => ({ disabled: ref('disabled') }))
          .where('id', '=', id)
          .execute();
        await transaction
          .updateTable('client_secrets')
          .set({ expires_at: othersExpireAt })
          .where('client_id', '=', id)
          .where('secret_hash', '!=', secretHash)
          .where((where) =>
            where.or([where('expires_at', 'is', null), where('expires_at', '>', othersExpireAt)]),
          )
          .execute();
        await transaction
          .insertInto('client_secrets')
          .values({ client_id: id, secret_hash: secretHash, created_at: at, expires_at: null })
          .onConflict((conflict) =>
            conflict.columns(['client_id', 'secret_hash']).doUpdateSet({ expires_at: null }),
          )
          .execute();
      });
    },

    async secrets(id, at) {
      const rows = await db
        .selectFrom('client_secrets')
        .select('secret_hash')
        .where('client_id', '=', id)
        .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
        .orderBy('created_at', 'desc')
        .execute();
      return rows.map((row) => row.secret_hash);
    },
  };
}

async function putIn(
  db: Kysely<Tables>,
  client: Pick<RegisteredClient, 'id' | 'origin' | 'metadata'>,
  at: number,
): Promise<void> {
  const registration = { origin: client.origin, metadata: JSON.stringify(client.metadata) };
  await db
    .insertInto('clients')
    .values({ ...registration, id: client.id, disabled: 0, created_at: at })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(registration))
    .execute();
}

function toClient(row: Selectable<ClientRow>): RegisteredClient {
  return {
    id: row.id,
    origin: row.origin,
    metadata: JSON.parse(row.metadata),
    disabled: row.disabled === 1,
    createdAt: row.created_at,
  };
}
