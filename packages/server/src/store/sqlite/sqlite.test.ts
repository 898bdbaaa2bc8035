import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, systemClock } from '../../core/index.ts';
import { storeConformance } from '../conformance/index.ts';
import { openStore } from '../open-store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-sqlite-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
const newPath = () => join(folder, `${newId()}.db`);

storeConformance('SQLite', async () => ({ kind: 'sqlite', path: newPath() }));

describe('the file of the SQLite store', () => {
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  test('is readable by this user alone, and so are its companions and its folder', async () => {
    const path = join(folder, newId(), 'deep', 'grantway.db');
    const store = await openStore({ kind: 'sqlite', path }, systemClock);
    expect(await modeOf(path)).toBe(0o600);
    expect(await modeOf(`${path}-wal`)).toBe(0o600);
    expect(await modeOf(join(path, '..'))).toBe(0o700);
    await store.close();
  });

  test('is closed to others when it was left open to them', async () => {
    const path = newPath();
    await writeFile(path, '');
    await chmod(path, 0o644);
    const store = await openStore({ kind: 'sqlite', path }, systemClock);
    expect(await modeOf(path)).toBe(0o600);
    await store.close();
  });

  test('is refused when it is not a database', async () => {
    const path = newPath();
    await writeFile(path, 'this is no database, and longer than the header of one'.repeat(20));
    await expect(openStore({ kind: 'sqlite', path }, systemClock)).rejects.toThrow(/not a database/);
  });

  test('is refused when a newer version wrote it', async () => {
    const path = newPath();
    const store = await openStore({ kind: 'sqlite', path }, systemClock);
    await store.close();
    const database = new DatabaseSync(path);
    database.exec(
      `insert into grantway_migration values ('9999-from-the-future', '2030-01-01T00:00:00.000Z')`,
    );
    database.close();
    await expect(openStore({ kind: 'sqlite', path }, systemClock)).rejects.toThrow(
      /newer version of Grantway/,
    );
  });
});
