import { type Kysely, sql } from 'kysely';

/** From here on ended sign-ins draw their numbers from the log of revocations: it goes on behind those that were counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const newest = sql`(select max(sign_in_epoch) from people)`;
  await sql`update revocation_head set sequence = ${newest} where sequence < ${newest}`.execute(db);
}
