import { getSystemErrorMessage } from 'node:util';

/** Why the system did not do something, to stand behind a colon: `no such file or directory`. Without the path, which the sentence has. */
export function systemReason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return 'errno' in thrown && typeof thrown.errno === 'number'
    ? getSystemErrorMessage(thrown.errno)
    : thrown.message;
}
