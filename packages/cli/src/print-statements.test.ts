import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { printStatements, type ShownStatement } from './print-statements.ts';

function printed(interactive: boolean, ...statements: readonly ShownStatement[]): string {
  const out = new PassThrough();
  const terminal = { out, err: new PassThrough(), env: {}, interactive, exitWith() {} };
  printStatements(terminal, statements);
  return String(out.read());
}

const evil = 't\nALTER ROLE mallory SUPERUSER; --\r\u001b[2J';

test('a name with a line feed ends no comment of the script, and stays itself in its statement', () => {
  const sql = `GRANT SELECT ON TABLE public."${evil}" TO "reader"`;
  const text = printed(false, { sql, because: `reader lacks SELECT on public.${evil}` });
  const [comment, ...statement] = text.split('\n');
  expect(comment).toBe('-- reader lacks SELECT on public.t\\u{a}ALTER ROLE mallory SUPERUSER; --\\u{d}');
  expect(statement.join('\n')).toBe(`${sql};\n`);
});

test('what is left to an administrator is a comment to its last line', () => {
  const text = printed(false, {
    sql: `REVOKE SELECT ON "${evil}"\r\nFROM reader`,
    because: 'x',
    byHand: true,
  });
  const lines = text.split(/\r\n?|\n/).filter((line) => line !== '');
  expect(lines).toHaveLength(5);
  for (const line of lines) expect(line).toMatch(/^-- /);
});

test('a person’s terminal obeys no escape sequence of a name', () => {
  const sql = `GRANT SELECT ON TABLE public."${evil}" TO "reader"`;
  expect(printed(true, { sql, because: evil })).not.toContain('\u001b');
  expect(printed(true, { sql, because: evil, byHand: true })).not.toContain('\u001b');
});
