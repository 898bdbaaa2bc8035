/**
 * Bytes and numbers of RESP, the Redis serialization protocol, versions 2 and 3 (documentation page "Redis
 * serialization protocol specification"). A command is an array of bulk strings, or a line of words ("inline").
 */

/** The versions that are spoken. */
export type RespVersion = 2 | 3;

/** The first byte of everything that a server says, and of a command. */
export const respType = {
  simple: 0x2b, // +
  error: 0x2d, // -
  integer: 0x3a, // :
  bulk: 0x24, // $
  array: 0x2a, // *
  null: 0x5f, // _
  boolean: 0x23, // #
  double: 0x2c, // ,
  bigNumber: 0x28, // (
  bulkError: 0x21, // !
  verbatim: 0x3d, // =
  map: 0x25, // %
  set: 0x7e, // ~
  attribute: 0x7c, // |
  push: 0x3e, // >
} as const;

/** The first of the two bytes that end a line. */
export const carriageReturn = 0x0d;
/** The second of them. */
export const lineFeed = 0x0a;

/** What one command may have. */
export interface CommandLimits {
  /** Arguments, the name included. */
  readonly arguments: number;
  /** Bytes of one argument. */
  readonly argumentBytes: number;
  /** How much of a command is held back before it is decided about; what follows streams. */
  readonly heldBytes: number;
  /** Bytes of a line of words, which is always held back. */
  readonly inlineBytes: number;
}

/** A client that has signed in: as servers have it (an `int`, `proto-max-bulk-len`, PROTO_INLINE_MAX_SIZE). */
export const sessionLimits: CommandLimits = {
  arguments: 0x7fff_ffff,
  argumentBytes: 536_870_912,
  heldBytes: 16_384,
  inlineBytes: 65_536,
};

/** A client that has not: as servers have it since 6.2.6 (CVE-2021-32675), and 32 KiB for all of a command. */
export const signInLimits: CommandLimits = {
  arguments: 10,
  argumentBytes: 16_384,
  heldBytes: 32_768,
  inlineBytes: 32_768,
};
