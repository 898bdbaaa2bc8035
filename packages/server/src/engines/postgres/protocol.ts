/**
 * Numbers of the PostgreSQL frontend/backend protocol 3 (documentation chapter "Frontend/Backend Protocol",
 * section "Message Formats"). A message is a type byte, an Int32 length that counts itself, and a body.
 */

/** Codes that stand where a startup packet has its protocol version. */
export const sslRequestCode = 80877103;
/** Asks for encryption by GSSAPI. */
export const gssEncRequestCode = 80877104;
/** Asks to cancel what another connection runs. */
export const cancelRequestCode = 80877102;

/** The newest protocol that we speak, as major << 16 | minor. */
export const newestProtocol = 0x0003_0002;

/** Type bytes of a client's messages. */
export const fromClient = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  flush: 0x48,
  functionCall: 0x46,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const;

/** Type bytes of a server's messages. */
export const fromServer = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyBothResponse: 0x57,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  dataRow: 0x44,
  emptyQueryResponse: 0x49,
  errorResponse: 0x45,
  functionCallResponse: 0x56,
  negotiateProtocolVersion: 0x76,
  noData: 0x6e,
  noticeResponse: 0x4e,
  notificationResponse: 0x41,
  parameterDescription: 0x74,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** The first word of an Authentication message. */
export const authentication = {
  ok: 0,
  cleartextPassword: 3,
  md5Password: 5,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const;

/** The transaction status of ReadyForQuery: idle. */
export const idleStatus = 0x49;

/** PostgreSQL's own limit for one message body (MaxAllocSize). */
export const mostMessageBytes = 0x3fff_ffff;
