import { isLoopback } from '../../config/index.ts';
import type { EngineName } from '../../core/index.ts';

/** A line to paste, and what it is for. */
export interface Snippet {
  readonly title: string;
  readonly text: string;
}

/** The database and the role that the lines are for. */
export interface SnippetTarget {
  readonly database: string;
  /** A role of the person; its name is the user name on the wire. */
  readonly role: string;
  /** True when the database takes single statements and no connections. */
  readonly queriesOnly?: boolean;
  /** Where the door is; absent when the engine's door is closed. */
  readonly door?: { readonly host: string; readonly port: number };
}

/** A target whose door is open. */
type DoorTarget = SnippetTarget & { readonly door: NonNullable<SnippetTarget['door']> };

const psqlSnippets = ({ database, role, door }: DoorTarget): readonly Snippet[] => [
  {
    title: 'With psql and a fresh token',
    text: `PGPASSWORD="$(grantway token ${database})" psql "host=${door.host} port=${door.port} dbname=${database} user=${role} sslmode=require"`,
  },
  {
    title: 'As a connection URI; the password is a token',
    text: `postgresql://${role}@${urlHost(door.host)}:${door.port}/${database}?sslmode=require`,
  },
];

const mysqlSnippets = ({ database, role, door }: DoorTarget): readonly Snippet[] => {
  const where = `--protocol=TCP --host=${door.host} --port=${door.port} --user=${role} ${database}`;
  const withToken = `MYSQL_PWD="$(grantway token ${database})"`;
  return [
    { title: 'With mysql and a fresh token', text: `${withToken} mysql --ssl-mode=REQUIRED ${where}` },
    { title: 'With mariadb and a fresh token', text: `${withToken} mariadb --ssl ${where}` },
    {
      title: 'With JDBC; the password is a token',
      text: `jdbc:mysql://${urlHost(door.host)}:${door.port}/${database}?sslMode=REQUIRED&user=${role}`,
    },
  ];
};

const redisSnippets = ({ database, role, door }: DoorTarget): readonly Snippet[] => {
  const local = isLoopback(door.host);
  return [
    {
      title: 'With redis-cli and a fresh token',
      text: `REDISCLI_AUTH="$(grantway token ${database})" redis-cli -h ${door.host} -p ${door.port} --user ${role}${local ? '' : ' --tls'}`,
    },
    {
      title: 'As a connection URI; the password is a token',
      text: `${local ? 'redis' : 'rediss'}://${role}@${urlHost(door.host)}:${door.port}`,
    },
  ];
};

/** The native ways in, by engine. Names of databases and roles have no character that a shell would read. */
const native: Readonly<Partial<Record<EngineName, (target: DoorTarget) => readonly Snippet[]>>> = {
  postgres: psqlSnippets,
  mysql: mysqlSnippets,
  redis: redisSnippets,
  redshift: (target) => [
    ...psqlSnippets(target),
    {
      title: 'With the Redshift JDBC driver; a fresh token at the end',
      text: `jdbc:redshift://${urlHost(target.door.host)}:${target.door.port}/${target.database}?plugin_name=com.amazon.redshift.plugin.IdpTokenAuthPlugin&token_type=ACCESS_TOKEN&token=`,
    },
  ],
};

/** How to connect to a database, the simplest way first. */
export function connectSnippets(engine: EngineName, target: SnippetTarget): readonly Snippet[] {
  const { door, queriesOnly } = target;
  if (queriesOnly) {
    return [{ title: 'With Grantway', text: `grantway query ${target.database} 'select 1'` }];
  }
  return [
    { title: 'With Grantway', text: `grantway connect ${target.database}` },
    ...(door ? (native[engine]?.({ ...target, door }) ?? []) : []),
  ];
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
