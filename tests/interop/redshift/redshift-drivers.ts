import { join } from 'node:path';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type ProgramEnd, runProgram } from '../../support/psql.ts';
import { startRedshift } from '../../support/redshift.ts';
import type { InteropCheck, InteropNeed, InteropSuite, StartedChecks } from '../interop.ts';

const folder = import.meta.dirname;
const python = process.env.GRANTWAY_INTEROP_PYTHON ?? 'python3';
const jdbc = process.env.GRANTWAY_INTEROP_REDSHIFT_JDBC ?? '';

const pythonDriver: InteropNeed = {
  what: 'Python with the package redshift_connector (pip install redshift_connector). Another Python than python3: GRANTWAY_INTEROP_PYTHON',
  bring: async () => (await end(python, ['-c', 'import redshift_connector'])).code === 0,
};
const jdbcDriver: InteropNeed = {
  what: 'Java 17 with Amazon’s driver redshift-jdbc42 and what its plugins load (aws-java-sdk-redshift, -redshiftserverless, -sts; mvn dependency:copy-dependencies), as a class path: GRANTWAY_INTEROP_REDSHIFT_JDBC="/path/*"',
  bring: async () =>
    jdbc !== '' && (await end('java', ['-cp', jdbc, join(folder, 'HasDriver.java')])).code === 0,
};

/**
 * Amazon's own drivers over TLS, through a gateway, to the double of Redshift: as a password, and by their token
 * plugins. The double's rows and SQL are PostgreSQL's; what is proved is the sign-in and that they go on from there.
 */
export const redshift: InteropSuite = { name: 'redshift', needs: [pythonDriver, jdbcDriver], start };

async function start(): Promise<StartedChecks> {
  const double = await startRedshift();
  const admin = await double.server.adminClient();
  await admin.query('CREATE ROLE dwh_reader LOGIN');
  await admin.end();
  const secret = newId();
  double.accounts.set('dwh_reader', { method: 'digest', secret, postgresLogin: 'dwh_reader' });

  const port = await freePort();
  const gateway = await startGateway({
    listen: { redshift: `127.0.0.1:${port}` },
    env: { TEST_WAREHOUSE: secret },
    databases: {
      warehouse: {
        engine: 'redshift',
        host: double.host,
        port: double.port,
        database: 'postgres',
        tls: 'off',
        roles: { reader: { login: 'dwh_reader', password: 'env:TEST_WAREHOUSE', allow: 'everyone' } },
      },
    },
  });
  const { accessToken } = await gateway.tokens('viewer', { scope: 'db:warehouse' });
  const stop = async () => {
    await gateway.stop();
    await double.stop();
  };
  return { checks: driverChecks(gateway, port, accessToken), stop };
}

function driverChecks(gateway: TestGateway, port: number, token: string): readonly InteropCheck[] {
  const certificate = join(gateway.dataDir, 'tls', 'server.crt');
  const sql = "SELECT current_user, 42, 'ünï', NULL, 1.50";
  const viaPython = (way: 'password' | 'plugin') =>
    end(python, [join(folder, 'query.py'), '127.0.0.1', String(port), 'warehouse', way, sql], {
      TOKEN: token,
      SSL_CERT_FILE: certificate,
    });
  const viaJdbc = (parameters: string) => {
    const url = `jdbc:redshift://127.0.0.1:${port}/warehouse?sslmode=verify-ca&sslrootcert=${certificate}&${parameters}`;
    return end('java', ['-cp', jdbc, join(folder, 'Query.java'), url, sql], { TOKEN: token });
  };
  const plugin =
    'plugin_name=com.amazon.redshift.plugin.IdpTokenAuthPlugin&token_type=ACCESS_TOKEN&token={token}';
  return [
    {
      title: 'redshift_connector signs in with a token as the password',
      needs: pythonDriver,
      run: async () => expectRow(await viaPython('password'), 'dwh_reader|42|ünï|None|1.50'),
    },
    {
      title: 'redshift_connector signs in by its token plugin',
      needs: pythonDriver,
      run: async () => expectRow(await viaPython('plugin'), 'dwh_reader|42|ünï|None|1.50'),
    },
    {
      title: 'the JDBC driver signs in with a token as the password',
      needs: jdbcDriver,
      run: async () => expectRow(await viaJdbc('user=me&password={token}'), 'dwh_reader|42|ünï|null|1.50'),
    },
    {
      title: 'the JDBC driver signs in by its token plugin',
      needs: jdbcDriver,
      run: async () => expectRow(await viaJdbc(plugin), 'dwh_reader|42|ünï|null|1.50'),
    },
  ];
}

function expectRow({ code, stdout, stderr }: ProgramEnd, row: string): void {
  if (code !== 0 || stdout !== row) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
}

async function end(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ProgramEnd> {
  return await runProgram(program, args, { ...process.env, ...env }).catch(() => ({
    code: null,
    stdout: '',
    stderr: `${program} is not installed`,
  }));
}
