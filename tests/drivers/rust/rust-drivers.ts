import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type InteropSuite, systemPrograms } from '../../interop/interop.ts';
import { cachedFolderPath } from '../../support/cached-folder.ts';
import { type DriverProgram, driverChecks } from '../driver-program.ts';
import { type DriverServers, type ServerName, startDriverServers } from '../driver-servers.ts';

const run = promisify(execFile);

const program = systemPrograms('Rust 1.88 or newer, whose cargo gets the drivers that Cargo.toml names', [
  {
    name: 'cargo',
    purpose: 'the drivers of Rust',
    probe: ['cargo', '--version'],
    debian: 'cargo',
    macos: 'brew install rust',
  },
]);

/** The drivers of Rust. */
export const rust: InteropSuite = {
  name: 'rust',
  needs: [program],
  start: async () => {
    console.log('Building the programs in Rust. Takes some minutes where it never was done.');
    const target = cachedFolderPath('rust-drivers');
    const from = { cwd: import.meta.dirname, env: { ...process.env, CARGO_TARGET_DIR: target } };
    await run('cargo', ['build', '--quiet'], from);
    const servers = await startDriverServers();
    return { checks: checksOf(servers, join(target, 'debug')), stop: () => servers.stop() };
  },
};

/** The driver of each server, without and with TLS. */
const settings: readonly { readonly server: ServerName; readonly program: string; readonly tls: boolean }[] =
  [
    { server: 'postgres', program: 'postgres', tls: false },
    { server: 'postgres', program: 'postgres', tls: true },
    { server: 'mysql', program: 'mysql', tls: false },
    { server: 'mysql', program: 'mysql', tls: true },
    { server: 'mariadb', program: 'mysql', tls: false },
    { server: 'mariadb', program: 'mysql', tls: true },
    { server: 'redis', program: 'redis', tls: false },
    { server: 'redis', program: 'redis', tls: true },
    { server: 'multiplexed', program: 'redis', tls: false },
  ];

function checksOf({ certificate, ways }: DriverServers, binaries: string) {
  return settings.flatMap(({ server, program: name, tls }) => {
    const one: DriverProgram = (address) => {
      const secure = tls && address !== ways[server].direct;
      const place = `${address.host}:${address.port}/${address.database}`;
      const scheme = secure ? 'rediss://' : 'redis://';
      return {
        command: [join(binaries, name), name === 'redis' ? `${scheme}${place}?protocol=resp3` : place],
        env: { DB_CA: secure ? certificate : '' },
      };
    };
    const title = `${name}, ${server}${tls ? ', TLS' : ''}`;
    return driverChecks({ title, needs: program, ways: ways[server], program: one });
  });
}
