import type { Finding } from '../../role-manager.ts';
import type { ServerSession } from './server-session.ts';

/** What is weak in the settings of the server, whoever signs in. */
export async function serverFindings(session: ServerSession): Promise<readonly Finding[]> {
  const [row] = await session.query('SELECT @@global.local_infile, @@global.secure_file_priv');
  const [localInfile, filePlace] = row ?? [];
  const keep = session.product === 'mysql' ? 'PERSIST' : 'GLOBAL';
  return [
    ...(localInfile === '1'
      ? ([
          {
            severity: 'warning',
            code: 'local_infile',
            meaning: 'the server may ask clients for files of theirs (local_infile is on)',
            mend: `SET ${keep} local_infile = OFF`,
          },
        ] as const)
      : []),
    ...(filePlace === ''
      ? ([
          {
            severity: 'warning',
            code: 'server_files_anywhere',
            meaning:
              'whoever holds FILE reads and writes files everywhere on the server (secure_file_priv is empty)',
            mend: 'in the configuration file of the server, under [mysqld]: secure_file_priv = NULL',
          },
        ] as const)
      : []),
  ];
}
