import type { Kysely } from 'kysely';
import { hashSecret } from '../core/index.ts';
import type { Attempts } from './aggregates/attempts.ts';
import { removeBefore } from './remove-before.ts';
import type { Tables } from './tables.ts';

/**
 * Counters for throttling. A key holds what a stranger typed, so it is stored as its hash: any length and any
 * character then fits the index.
 */
export function attemptsIn(db: Kysely<Tables>): Attempts {
  return {
    async add(key, windowMs, at, by = 1) {
      const row = await db
        .insertInto('attempts')
        .values({ key_hash: hashSecret(key), count: by, ends_at: at + windowMs })
        .onConflict((conflict) =>
          conflict.column('key_hash').doUpdateSet(({ eb, ref }) => {
            const ended = eb('attempts.ends_at', '<=', at);
            return {
              count: eb
                .case()
                .when(ended)
                .then(ref('excluded.count'))
                .else(eb('attempts.count', '+', ref('excluded.count')))
                .end(),
              ends_at: eb
                .case()
                .when(ended)
                .then(ref('excluded.ends_at'))
                .else(ref('attempts.ends_at'))
                .end(),
            };
          }),
        )
        .returning(['count', 'ends_at'])
        .executeTakeFirstOrThrow();
      return { count: row.count, endsAt: row.ends_at };
    },

    async peek(key, at) {
      const row = await db
        .selectFrom('attempts')
        .select(['count', 'ends_at'])
        .where('key_hash', '=', hashSecret(key))
        .where('ends_at', '>', at)
        .executeTakeFirst();
      return row === undefined ? { count: 0, endsAt: at } : { count: row.count, endsAt: row.ends_at };
    },

    async clear(key) {
      await db.deleteFrom('attempts').where('key_hash', '=', hashSecret(key)).execute();
    },

    prune: (before) => removeBefore(db, { table: 'attempts', key: ['key_hash'], time: 'ends_at', before }),
  };
}
