/** What we read of a server's ErrorResponse. */
export interface ServerError {
  readonly severity: string;
  readonly sqlstate: string;
  readonly message: string;
}

/**
 * Reads the fields of an ErrorResponse body that may be cut short at `end`. A field that is missing is empty, so that
 * a server which leaves out the SQLSTATE breaks nothing.
 */
export function parseErrorResponse(bytes: Buffer, start = 0, end = bytes.length): ServerError {
  let severity = '';
  let nativeSeverity = '';
  let sqlstate = '';
  let message = '';
  for (let at = start; at < end && bytes[at] !== 0; ) {
    const nul = bytes.indexOf(0, at + 1);
    const stop = nul === -1 || nul > end ? end : nul;
    const value = bytes.toString('utf8', at + 1, stop);
    switch (bytes[at]) {
      case 0x53: // S, translated
        nativeSeverity = value;
        break;
      case 0x56: // V, never translated; servers before 9.6 leave it out
        severity = value;
        break;
      case 0x43: // C
        sqlstate = value;
        break;
      case 0x4d: // M
        message = value;
        break;
    }
    at = stop + 1;
  }
  return { severity: severity === '' ? nativeSeverity : severity, sqlstate, message };
}

/** Whether the server ends the connection after this error. */
export function isFatal({ severity }: ServerError): boolean {
  return severity === 'FATAL' || severity === 'PANIC';
}
