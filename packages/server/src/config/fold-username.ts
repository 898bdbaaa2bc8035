/** A user name as it is compared: compatibility forms and case do not make another person. */
export function foldUsername(written: string): string {
  return written.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}
