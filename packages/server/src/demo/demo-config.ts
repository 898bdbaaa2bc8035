import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { sample } from './sample-data.ts';
import type { SamplePerson } from './sample-people.ts';

/** What the demo's config file is made from. Paths in the file are relative to it. */
export interface DemoFacts {
  readonly httpPort: number;
  readonly postgresPort: number;
  readonly upstreamPort: number;
  readonly people: readonly SamplePerson[];
  readonly managerPasswordFile: string;
  /** Of the application in `examples/connect-button`. */
  readonly connectButtonSecretFile: string;
}

const heading = `# The configuration of the demo, written anew at each start of \`grantway demo\`.
# Copy it elsewhere and run \`grantway serve --config FILE\` to make it yours.
`;

/**
 * Writes the config file of the demo.
 *
 * The issuer is the address itself and not `localhost`: that name may lead to ::1, where nothing listens, or through a
 * proxy that only makes an exception for addresses; and RFC 8252, section 8.3 advises the address for the same reasons.
 */
export async function writeDemoConfig(file: string, facts: DemoFacts): Promise<void> {
  const { httpPort, postgresPort, upstreamPort, people, managerPasswordFile, connectButtonSecretFile } =
    facts;
  const config = {
    issuer: `http://127.0.0.1:${httpPort}`,
    dataDir: '.',
    masterKey: 'file:./master.key',
    listen: { http: `127.0.0.1:${httpPort}`, postgres: `127.0.0.1:${postgresPort}` },
    databases: {
      [sample.database]: {
        engine: 'postgres',
        host: '127.0.0.1',
        port: upstreamPort,
        tls: 'off',
        manager: { login: sample.manager, password: `file:${managerPasswordFile}` },
        roles: {
          admin: { login: 'app_admin', grants: 'admin', allow: { groups: ['admin'] } },
          readwrite: { login: 'app_readwrite', grants: 'write', allow: { groups: ['admin', 'editor'] } },
          readonly: { login: 'app_readonly', grants: 'read', allow: 'everyone' },
        },
      },
    },
    // The application of examples/connect-button. It runs on this machine, so its port may be any.
    clients: {
      'connect-button': {
        name: 'Connect button example',
        redirectUris: ['http://127.0.0.1/connect/callback'],
        secret: `file:${connectButtonSecretFile}`,
        scopes: [`db:${sample.database}`, 'openid', 'profile', 'offline_access'],
      },
    },
    // So that everybody can try what a developer sees, and an administrator what is to be approved.
    registration: { people: 'everyone', approvedBy: { groups: ['admin'] } },
    users: Object.fromEntries(
      people.map(({ username, group, passwordHash }) => [username, { groups: [group], passwordHash }]),
    ),
  };
  await writeFile(file, heading + stringify(config), { mode: 0o600 });
}
