/** What we read of a server's ERR packet. */
export interface ServerError {
  readonly errno: number;
  readonly message: string;
}

/** The same as an error: the cause of a refusal, for the operator. */
export class ServerFailure extends Error {
  override readonly name = 'ServerFailure';
  readonly errno: number;

  constructor({ errno, message }: ServerError) {
    super(`${message} (error ${errno})`);
    this.errno = errno;
  }
}

/** Reads an ERR payload that may be cut short; what is missing is 0 or empty, so that a bad server breaks nothing. */
export function parseServerError(payload: Buffer): ServerError {
  const errno = payload.length >= 3 ? payload.readUInt16LE(1) : 0;
  // The SQLSTATE behind its mark stands only where the client has said that it speaks the protocol of 4.1.
  const text = payload.toString('utf8', 3);
  return { errno, message: text.startsWith('#') ? text.slice(6) : text };
}
