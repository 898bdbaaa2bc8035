import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineName, engineNames } from './engines/index.ts';

/** What this application has to know before it starts. */
export interface Settings {
  /** The gateway's address. */
  readonly issuer: string;
  /** As whom the gateway knows this application. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Our own address, an origin. */
  readonly baseUrl: string;
  /** The database behind each button, by the name that it has at the gateway; engines left out are not there. */
  readonly databases: Readonly<Partial<Record<EngineName, string>>>;
  /** Where tokens are kept, sealed. */
  readonly tokensFile: string;
  /** 32 bytes in base64: seals tokens and cookies. */
  readonly tokenKey: string;
  /** The authority of the gateway's certificate, PEM, when it is none that the system knows. */
  readonly ca: string | undefined;
}

/**
 * Reads `CONNECT_…` from the environment. What is left out is so that it works beside the demo of `npm start`.
 * @throws Error with a sentence for whoever starts it
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const read = (name: string, otherwise: string): string => environment[`CONNECT_${name}`] ?? otherwise;
  const clientSecret = readSecret(read('CLIENT_SECRET_FILE', '.grantway/demo/connect-button-secret'));
  const dataDir = read('DATA_DIR', '.grantway/connect-button');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return {
    issuer: read('ISSUER', 'http://127.0.0.1:8400'),
    clientId: read('CLIENT_ID', 'connect-button'),
    clientSecret,
    baseUrl: read('BASE_URL', 'http://127.0.0.1:8401'),
    databases: Object.fromEntries(
      engineNames
        .map((engine) => [engine, read(engine.toUpperCase(), engine === 'postgres' ? 'authdb' : '')] as const)
        .filter(([, database]) => database !== ''),
    ),
    tokensFile: join(dataDir, 'tokens.db'),
    tokenKey: keepKey(join(dataDir, 'key')),
    ca: readCa(environment.CONNECT_CA_FILE),
  };
}

function readSecret(file: string): string {
  if (!existsSync(file)) {
    throw new Error(
      `${file} is missing: the secret of this application at the gateway. Start the demo first (npm start), or name another file in CONNECT_CLIENT_SECRET_FILE.`,
    );
  }
  return readFileSync(file, 'utf8').trim();
}

function readCa(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}

/** A key that is lost only means that everybody connects again. */
function keepKey(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
