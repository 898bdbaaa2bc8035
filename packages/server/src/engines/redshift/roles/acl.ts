/** One entry of an access control list: who holds what. */
export interface AclEntry {
  readonly grantee: string;
  /** Redshift marks groups; where nobody does, users and groups share their names. */
  readonly marked: boolean;
  readonly privileges: readonly string[];
}

const letters: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  x: 'REFERENCES',
  U: 'USAGE',
  C: 'CREATE',
};

/** Reads entries like `ann=r/owner` and `group readers=r*w/owner`, a line each. Privileges without a name here are left out. */
export function readAcl(lines: string): readonly AclEntry[] {
  return lines.split('\n').flatMap((line): readonly AclEntry[] => {
    const match = /^"?(group )?"?((?:[^"=]|"")*)"?=([A-Za-z*]*)\//.exec(line);
    if (match === null) return [];
    const [, mark, grantee = '', held = ''] = match;
    const privileges = [...held].flatMap((letter) => letters[letter] ?? []);
    return [{ grantee: grantee.replaceAll('""', '"'), marked: mark !== undefined, privileges }];
  });
}
