import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { newId } from '../../packages/server/src/core/index.ts';
import { type GatewayOptions, startGateway, type TestGateway } from '../support/gateway.ts';
import { runProgram } from '../support/psql.ts';

const examples = join(import.meta.dirname, '../../examples');

/** Where the examples have their gateway. */
export const exampleIssuer = 'http://127.0.0.1:8400';

/** What of an example's `grantway.yaml` is its own. */
interface ExampleFile {
  readonly signIn: Readonly<Record<string, unknown>>;
  readonly databases: { readonly authdb: { readonly roles: Readonly<Record<string, unknown>> } };
}

/** A file of an example with free addresses in place of its own. @throws Error when it has one of them nowhere */
export async function readExample(
  file: string,
  addresses: Readonly<Record<string, string>>,
): Promise<string> {
  let text = await readFile(join(examples, file), 'utf8');
  for (const [theirs, ours] of Object.entries(addresses)) {
    if (!text.includes(theirs)) throw new Error(`examples/${file} has no ${theirs}`);
    text = text.replaceAll(theirs, ours);
  }
  return text;
}

/**
 * Starts a gateway with the methods and roles of an example's `grantway.yaml`, before a database that has the logins of
 * `examples/logins.sql`.
 */
export async function startExampleGateway(
  file: string,
  addresses: Readonly<Record<string, string>>,
  { env, ...options }: Pick<GatewayOptions, 'issuer' | 'env'>,
): Promise<TestGateway> {
  const { signIn, databases } = parse(await readExample(file, addresses)) as ExampleFile;
  const passwords = {
    GW_ADMIN_PASSWORD: newId(),
    GW_RW_PASSWORD: newId(),
    GW_RO_PASSWORD: newId(),
  };
  const gateway = await startGateway({
    ...options,
    config: { signIn, users: {} },
    database: { roles: databases.authdb.roles },
    env: { ...env, ...passwords },
  });
  const url = gateway.database.server.superuserUrl('authdb');
  const logins = await runProgram(
    'psql',
    ['--no-psqlrc', '--dbname', url, '--file', join(examples, 'logins.sql')],
    { PATH: process.env.PATH, ...passwords },
  );
  if (logins.code === 0) return gateway;
  await gateway.stop();
  throw new Error(logins.stderr);
}
