/**
 * Numbers of the MySQL client/server protocol (MySQL Server source documentation, "Client/Server Protocol"; MariaDB
 * documentation, "Clients & Connectors protocol"). A packet is a 3-byte length, a sequence id, and a payload.
 */

/** The length and the sequence id. */
export const headerBytes = 4;
/** A payload of this length goes on in the next packet; a shorter one, maybe empty, ends it. */
export const mostPacketBytes = 0xff_ffff;
/** A server's nonce for one login. */
export const nonceBytes = 20;

/** Capability flags. Both sides must agree on them, since they change how the answers are framed. */
export const capability = {
  longPassword: 0x1,
  foundRows: 0x2,
  longFlag: 0x4,
  connectWithDatabase: 0x8,
  compress: 0x20,
  localFiles: 0x80,
  ignoreSpace: 0x100,
  protocol41: 0x200,
  interactive: 0x400,
  ssl: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  multiStatements: 0x1_0000,
  multiResults: 0x2_0000,
  preparedMultiResults: 0x4_0000,
  pluginAuth: 0x8_0000,
  connectAttributes: 0x10_0000,
  lengthEncodedAuth: 0x20_0000,
  sessionTrack: 0x80_0000,
  deprecateEof: 0x100_0000,
} as const;

/** First byte of a client's command. */
export const command = {
  quit: 0x01,
  initDatabase: 0x02,
  query: 0x03,
  fieldList: 0x04,
  statistics: 0x09,
  processKill: 0x0c,
  ping: 0x0e,
  changeUser: 0x11,
  prepare: 0x16,
  execute: 0x17,
  sendLongData: 0x18,
  closeStatement: 0x19,
  resetStatement: 0x1a,
  setOption: 0x1b,
  fetch: 0x1c,
  resetConnection: 0x1f,
} as const;

/** Commands that are never forwarded, by the names that records show. What is neither here nor above is unknown. */
export const deniedCommands: Readonly<Record<number, string>> = {
  5: 'COM_CREATE_DB',
  6: 'COM_DROP_DB',
  7: 'COM_REFRESH',
  8: 'COM_SHUTDOWN',
  10: 'COM_PROCESS_INFO',
  11: 'COM_CONNECT',
  13: 'COM_DEBUG',
  15: 'COM_TIME',
  16: 'COM_DELAYED_INSERT',
  17: 'COM_CHANGE_USER',
  18: 'COM_BINLOG_DUMP',
  19: 'COM_TABLE_DUMP',
  20: 'COM_CONNECT_OUT',
  21: 'COM_REGISTER_SLAVE',
  29: 'COM_DAEMON',
  30: 'COM_BINLOG_DUMP_GTID',
  32: 'COM_CLONE',
  33: 'COM_SUBSCRIBE_GROUP_REPLICATION_STREAM',
  250: 'COM_STMT_BULK_EXECUTE',
  254: 'COM_MULTI',
};

/** First byte of a server's packet. */
export const reply = {
  ok: 0x00,
  moreAuthData: 0x01,
  nextAuthFactor: 0x02,
  localInfile: 0xfb,
  /** Where rows stand: their end. During a login: another authentication plugin. */
  eof: 0xfe,
  authSwitch: 0xfe,
  error: 0xff,
} as const;

/** Status flags of OK and EOF packets. */
export const status = {
  inTransaction: 0x1,
  autocommit: 0x2,
  moreResults: 0x8,
  cursorExists: 0x40,
  /** String literals take a backslash as it is (`NO_BACKSLASH_ESCAPES`). */
  noBackslashEscapes: 0x200,
  /** A result is the OUT parameters of a procedure. */
  outParameters: 0x1000,
  inReadOnlyTransaction: 0x2000,
  /** The OK packet tells of changes in the session. */
  sessionStateChanged: 0x4000,
} as const;

/** Error numbers of servers. */
export const errno = {
  unknownCommand: 1047,
  unknownThread: 1094,
  unknownStatement: 1243,
  notPreparable: 1295,
  queryInterrupted: 1317,
} as const;

/**
 * Errors after which a server closes the connection: it shuts down, the session was killed or waited too long, a
 * packet was too large or could not be read.
 */
export const fatalErrnos: ReadonlySet<number> = new Set([
  1053, 1080, 1153, 1156, 1157, 1158, 1159, 1160, 1161, 1927, 3032, 4031,
]);

/** Names of authentication plugins, as both servers spell them. */
export const plugin = {
  native: 'mysql_native_password',
  cachingSha2: 'caching_sha2_password',
  sha256: 'sha256_password',
  clear: 'mysql_clear_password',
  openId: 'authentication_openid_connect_client',
  ed25519: 'client_ed25519',
  parsec: 'parsec',
  dialog: 'dialog',
} as const;

/** Bytes of the caching_sha2_password exchange (its page in the source documentation). */
export const cachingSha2 = {
  requestPublicKey: 0x02,
  fastSuccess: 0x03,
  fullAuthentication: 0x04,
} as const;
