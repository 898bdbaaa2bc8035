/**
 * migrations: how the store's tables came to be, one numbered file a step, forward only.
 *
 * Owns: the steps and their order. A step that was released is never changed; the next one corrects it.
 * Does not own: how and when they run (`migrate.ts`), the queries.
 *
 *   0001-first-tables ─▶ 0002-second-factors ─▶ 0003-account-life ─▶ 0005-applications
 *   ─▶ 0007-far-cancels ─▶ 0008-sign-in-epochs ─▶ 0009-one-order-of-endings ─▶ …
 */
import type { Migration } from 'kysely/migration';
import * as firstTables from './0001-first-tables.ts';
import * as secondFactors from './0002-second-factors.ts';
import * as accountLife from './0003-account-life.ts';
import * as applications from './0005-applications.ts';
import * as farCancels from './0007-far-cancels.ts';
import * as signInEpochs from './0008-sign-in-epochs.ts';
import * as oneOrderOfEndings from './0009-one-order-of-endings.ts';

/** All migrations by their names, whose order is the one in which they run. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first-tables': firstTables,
  '0002-second-factors': secondFactors,
  '0003-account-life': accountLife,
  '0005-applications': applications,
  '0007-far-cancels': farCancels,
  '0008-sign-in-epochs': signInEpochs,
  '0009-one-order-of-endings': oneOrderOfEndings,
};
