import type { Finding } from '../../role-manager.ts';
import type { ServerSession } from './server-session.ts';

/** What is weak in the settings of the server, whoever signs in. */
export async function serverFindings(session: ServerSession): Promise<readonly Finding[]> {
  const [row] = await session.query(
    'SELECT @@global.local_infile, @@global.secure_file_priv, @@global.require_secure_transport, CURRENT_USER()',
  );
  const [localInfile, filePlace, secureTransport, self] = row ?? [];
  const keep = session.product === 'mysql' ? 'PERSIST' : 'GLOBAL';
  return [
    ...(takesAnyPassword(self ?? '')
      ? ([
          {
            severity: 'danger',
            code: 'grants_skipped',
            meaning: 'the server lets everybody do everything without a password (skip_grant_tables)',
            mend: 'in the configuration file of the server, under [mysqld]: remove skip_grant_tables, and restart it',
          },
        ] as const)
      : []),
    ...(secureTransport === '0'
      ? ([
          {
            severity: 'warning',
            code: 'clear_text',
            meaning: 'the server signs in clients without TLS, so that others may send rows in clear',
            mend: `SET ${keep} require_secure_transport = ON`,
          },
        ] as const)
      : []),
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

/** Without its tables the server knows nobody, and says so in the name of whoever asks. */
function takesAnyPassword(self: string): boolean {
  return self === '@' || self.startsWith('skip-grants user@');
}
