/** Something was seen that must never be seen. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** The connection ended, or the server said that it ends, where nobody had asked for it. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
  /** The server's code, empty when it said nothing. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(`the session ended: ${code} ${message}`);
    this.code = code;
  }
}
