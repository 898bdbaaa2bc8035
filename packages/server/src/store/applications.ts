import type { Kysely, Selectable } from 'kysely';
import type { Applications, RegisteredApplication } from './aggregates/applications.ts';
import type { ApplicationRow, Tables } from './tables.ts';

/** Whose a client is, and whether it was approved. */
export function applicationsIn(db: Kysely<Tables>): Applications {
  return {
    async get(clientId) {
      const row = await db
        .selectFrom('applications')
        .selectAll()
        .where('client_id', '=', clientId)
        .executeTakeFirst();
      return row && toApplication(row);
    },

    async list(by) {
      const rows = await db
        .selectFrom('applications')
        .selectAll()
        .$if(by.owner !== undefined, (query) => query.where('owner', '=', by.owner ?? ''))
        .$if(by.state !== undefined, (query) => query.where('state', '=', by.state ?? 'waiting'))
        .orderBy('client_id')
        .execute();
      return rows.map(toApplication);
    },

    async put({ clientId, owner, state, logo, decidedBy }) {
      const fields = {
        owner: owner ?? null,
        state,
        logo: logo ?? null,
        decided_by: decidedBy ?? null,
      };
      await db
        .insertInto('applications')
        .values({ client_id: clientId, ...fields })
        .onConflict((conflict) => conflict.column('client_id').doUpdateSet(fields))
        .execute();
    },
  };
}

function toApplication(row: Selectable<ApplicationRow>): RegisteredApplication {
  return {
    clientId: row.client_id,
    state: row.state,
    ...(row.owner !== null && { owner: row.owner }),
    ...(row.logo !== null && { logo: row.logo }),
    ...(row.decided_by !== null && { decidedBy: row.decided_by }),
  };
}
