import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type InteropSuite, systemPrograms } from '../../interop/interop.ts';
import { type DriverProgram, driverChecks } from '../driver-program.ts';
import { type Address, type DriverServers, type ServerName, startDriverServers } from '../driver-servers.ts';

const run = promisify(execFile);

const program = systemPrograms('Go 1.26 or newer on the PATH, which gets the drivers that go.mod names', [
  {
    name: 'Go',
    purpose: 'the drivers of Go',
    probe: ['go', 'version'],
    debian: 'golang-go',
    macos: 'brew install go',
  },
]);

/** The drivers of Go. */
export const go: InteropSuite = {
  name: 'go',
  needs: [program],
  start: async () => {
    await using started = new AsyncDisposableStack();
    const binaries = await mkdtemp(join(tmpdir(), 'grantway-go-drivers-'));
    started.defer(() => rm(binaries, { recursive: true, force: true }));
    console.log('Building the programs in Go. Takes some minutes where it never was done.');
    await run('go', ['build', '-o', `${binaries}/`, './...'], { cwd: import.meta.dirname });
    const servers = await startDriverServers();
    started.defer(() => servers.stop());
    const running = started.move();
    return { checks: checksOf(servers, binaries), stop: () => running.disposeAsync() };
  },
};

/** One driver in one setting. */
interface GoSetting {
  readonly program: 'pgx' | 'pq' | 'mysql' | 'redis';
  readonly server: ServerName;
  readonly parameters: string;
  /** More of them for the way through Grantway. Absent without TLS. */
  readonly tls?: string;
}

function settingsOf(certificate: string): readonly GoSetting[] {
  const verified = `sslmode=verify-full&sslrootcert=${certificate}`;
  return [
    { program: 'pgx', server: 'postgres', parameters: '' },
    {
      program: 'pgx',
      server: 'postgres',
      parameters: 'default_query_exec_mode=cache_describe',
      tls: verified,
    },
    {
      program: 'pgx',
      server: 'postgres',
      parameters: 'application_name=a%20program&max_protocol_version=3.2',
      tls: `${verified}&sslnegotiation=direct`,
    },
    { program: 'pq', server: 'postgres', parameters: '' },
    { program: 'pq', server: 'postgres', parameters: 'binary_parameters=yes' },
    { program: 'pq', server: 'postgres', parameters: 'application_name=a%20program', tls: verified },
    ...(['mysql', 'mariadb'] as const).flatMap((server): GoSetting[] => [
      { program: 'mysql', server, parameters: 'parseTime=true' },
      { program: 'mysql', server, parameters: 'multiStatements=true&interpolateParams=true' },
      { program: 'mysql', server, parameters: 'collation=utf8mb4_general_ci', tls: 'tls=grantway' },
      { program: 'mysql', server, parameters: 'compress=true&clientFoundRows=true', tls: 'tls=grantway' },
    ]),
    { program: 'redis', server: 'redis', parameters: 'protocol=2' },
    { program: 'redis', server: 'redis', parameters: 'protocol=3&client_name=a-program', tls: '' },
    { program: 'redis', server: 'multiplexed', parameters: 'protocol=3' },
  ];
}

function checksOf({ certificate, ways }: DriverServers, binaries: string) {
  return settingsOf(certificate).flatMap(({ program: name, server, parameters, tls }) => {
    const one: DriverProgram = (address) => {
      const secure = tls !== undefined && address !== ways[server].direct;
      const clear = server === 'postgres' ? 'sslmode=disable' : '';
      const all = [secure ? tls : clear, parameters].filter((part) => part !== '').join('&');
      return {
        command: [join(binaries, name), `${placeOf(name, address, secure)}?${all}`],
        env: { DB_CA: secure ? certificate : '' },
      };
    };
    const title = `${name}, ${server}, ${parameters}${tls === undefined ? '' : ', TLS'}`;
    return driverChecks({ title, needs: program, ways: ways[server], program: one });
  });
}

function placeOf(program: GoSetting['program'], { host, port, database }: Address, secure: boolean): string {
  if (program === 'pgx' || program === 'pq') return `postgres://${host}:${port}/${database}`;
  if (program === 'redis') return `${secure ? 'rediss' : 'redis'}://${host}:${port}/${database}`;
  return `tcp(${host}:${port})/${database}`;
}
