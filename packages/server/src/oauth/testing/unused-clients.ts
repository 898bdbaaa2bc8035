import { DatabaseSync } from 'node:sqlite';
import type { TestBed } from './test-bed.ts';

/** Does `work` while ten thousand clients that registered themselves wait for somebody to use them. */
export async function amongUnusedClients<Result>(
  { storePath }: Pick<TestBed, 'storePath'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const database = new DatabaseSync(storePath);
  try {
    database.exec(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
      INSERT INTO clients (id, origin, metadata, disabled, created_at) SELECT 'many-' || i, 'registration', '{}', 0, 1 FROM n`);
    return await work();
  } finally {
    database.exec(`DELETE FROM clients WHERE id LIKE 'many-%'`);
    database.close();
  }
}
