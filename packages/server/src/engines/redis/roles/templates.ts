/**
 * The three levels that a configuration can name, as ACL rules that follow `-@all`. None gives scripts: their sandbox
 * has been left before (CVE-2025-49844), and a script can run in the name of another user (CVE-2025-46818). Of what
 * the server calls @dangerous only `admin` has some, each named: what empties or lists the database, and nothing that
 * reaches its configuration, its files, other connections or other hosts.
 */
export const templates: Readonly<Record<'read' | 'write' | 'admin', readonly string[]>> = {
  read: [...reading(), '-@dangerous', '-@admin', '-@scripting'],
  write: [...reading(), '+@write', '+@pubsub', '-@dangerous', '-@admin', '-@scripting'],
  admin: [
    ...reading(),
    '+@write',
    '+@pubsub',
    '-@dangerous',
    '-@admin',
    '-@scripting',
    '+flushdb',
    '+info',
    '+keys',
    '+sort',
    '+sort_ro',
  ],
};

function reading(): readonly string[] {
  const listening = [
    '+subscribe',
    '+unsubscribe',
    '+psubscribe',
    '+punsubscribe',
    '+ssubscribe',
    '+sunsubscribe',
  ];
  // Sessions that Grantway routes within a cluster ask for its nodes; clients are not told of them.
  return ['+@read', '+@connection', '+@transaction', '+cluster|nodes', ...listening];
}

/** Which keys and channels a template's users reach: Redis keeps nothing that could tell a finer border. */
export const everything = { keys: ['~*'], channels: ['&*'] } as const;
