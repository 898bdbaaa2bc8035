import type { ServerName } from '../driver-servers.ts';

/** One driver in one setting. */
export interface JavaSetting {
  /** The class of the program. */
  readonly program: string;
  readonly server: ServerName;
  /** How the connection string begins. */
  readonly scheme: string;
  /** Parameters of the connection string. */
  readonly parameters: string;
  /** More of them where no certificate is checked: always on the direct way. */
  readonly clear: string;
  /** More of them for the way through Grantway: how the driver is told whose certificate to expect. Absent without TLS. */
  readonly tls?: string;
}

/** What is tried. `certificate` is the gateway's, a file; that it is trusted by the whole of Java is the caller's work. */
export function settingsOf(certificate: string): readonly JavaSetting[] {
  const pgjdbc = setting('Pgjdbc', 'jdbc:postgresql', '');
  // Without TLS MySQL takes a password only by its public key.
  const connectorJ = setting('MysqlDrivers', 'jdbc:mysql', 'allowPublicKeyRetrieval=true');
  const mariadb = setting('MysqlDrivers', 'jdbc:mariadb', 'allowPublicKeyRetrieval=true&sslMode=disable');
  const jedis = setting('JedisDriver', 'redis', '');
  const lettuce = setting('LettuceDriver', 'redis', '');
  const verified = `sslmode=verify-full&sslrootcert=${certificate}`;
  return [
    pgjdbc('postgres', ''),
    pgjdbc('postgres', 'preferQueryMode=simple'),
    pgjdbc('postgres', 'preferQueryMode=extendedCacheEverything&autosave=always'),
    pgjdbc('postgres', 'reWriteBatchedInserts=true&binaryTransfer=false'),
    pgjdbc('postgres', 'prepareThreshold=-1&targetServerType=primary', verified),
    pgjdbc('postgres', 'options=-c%20statement_timeout=100s', `${verified}&sslNegotiation=direct`),
    ...(['mysql', 'mariadb'] as const).flatMap((server) => [
      connectorJ(server, ''),
      connectorJ(
        server,
        'useServerPrepStmts=true&cachePrepStmts=true&useCursorFetch=true&allowLoadLocalInfile=true',
      ),
      connectorJ(
        server,
        'sslMode=DISABLED&rewriteBatchedStatements=true&allowMultiQueries=true&useCompression=true',
      ),
      connectorJ(
        server,
        'useLocalSessionState=true&connectionAttributes=none&useAffectedRows=true',
        'sslMode=VERIFY_IDENTITY',
      ),
      mariadb(server, ''),
      mariadb(server, 'useServerPrepStmts=true&allowMultiQueries=true&allowLocalInfile=true'),
      mariadb(server, 'useCompression=true&rewriteBatchedStatements=true'),
      mariadb(
        server,
        'useServerPrepStmts=true&rewriteBatchedStatements=true',
        `sslMode=verify-full&serverSslCert=${certificate}`,
      ),
    ]),
    jedis('redis', 'protocol=2'),
    jedis('redis', 'protocol=3', ''),
    lettuce('redis', 'protocol=2'),
    lettuce('redis', 'protocol=3', ''),
    jedis('multiplexed', 'protocol=3'),
    lettuce('multiplexed', 'protocol=3'),
  ];
}

function setting(program: string, scheme: string, clear: string) {
  return (server: ServerName, parameters: string, tls?: string): JavaSetting => ({
    ...{ program, scheme, server, parameters, clear },
    ...(tls === undefined ? {} : { tls }),
  });
}
