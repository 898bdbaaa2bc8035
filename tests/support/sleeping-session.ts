import { expect } from 'vitest';
import type { TestGateway } from './gateway.ts';
import { type ProgramEnd, psql } from './psql.ts';

/** A live session that runs until somebody ends it; resolves when it has begun. The seconds tell it from others. */
export async function sleepingSession(
  gateway: TestGateway,
  token: string,
  seconds: number,
): Promise<{ readonly end: Promise<ProgramEnd> }> {
  const end = psql(gateway, { token }, `SELECT pg_sleep(${seconds})`);
  await expect.poll(() => sleepers(gateway, seconds), { timeout: 15_000 }).toBe(1);
  return { end };
}

/** How many of these run. */
export async function sleepers(gateway: TestGateway, seconds: number): Promise<number> {
  const rows = await gateway.database.query(
    `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(${seconds})'`,
  );
  return rows.length;
}
