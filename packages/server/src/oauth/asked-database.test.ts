import { expect, test } from 'vitest';
import type { EngineName } from '../core/index.ts';
import { askedDatabase } from './asked-database.ts';
import { database } from './testing/test-config.ts';

const everyone = { kind: 'everyone' } as const;
const at = (engine: EngineName, name: string, upstreamName: string) => ({
  ...database(name, { writer: everyone, reader: everyone }),
  engine,
  upstreamName,
});
const databases = new Map(
  [
    at('postgres', 'sales', 'shop'),
    at('postgres', 'sales-test', 'shop'),
    at('postgres', 'hr', 'people'),
    at('redis', 'cache', '0'),
  ].map((one) => [one.name, one]),
);

test.each<[EngineName, database: string, user: string, found: string]>([
  ['postgres', 'sales', 'me', 'sales writer,reader'],
  ['postgres', 'people', 'me', 'hr writer,reader'],
  // Two databases of that name at their servers: nobody knows which one is meant.
  ['postgres', 'shop', 'me', 'none'],
  ['postgres', '', 'me', 'none'],
  ['postgres', 'me', 'me', 'none'],
  ['postgres', 'elsewhere', 'me', 'none'],
  // A name is looked for among the databases of the door alone.
  ['postgres', 'cache', 'me', 'none'],
  ['postgres', 'me', 'db:sales', 'sales writer,reader'],
  ['postgres', '', 'db:sales:reader', 'sales reader'],
  ['postgres', '', 'db:elsewhere', 'none'],
  ['postgres', '', 'db:sales:owner', 'none'],
  ['postgres', '', 'db:sales db:hr', 'none'],
  ['postgres', '', 'db:', 'none'],
  ['redis', '', 'default', 'cache writer,reader'],
  ['redis', '', '', 'cache writer,reader'],
  ['redis', '', 'db:cache:reader', 'cache reader'],
])('at %s, the database name "%s" and the user name "%s" mean %s', (engine, named, user, found) => {
  const asked = askedDatabase({ engine, database: named, user }, databases);
  expect(asked === undefined ? 'none' : `${asked.database.name} ${asked.roles}`).toBe(found);
});
