import type { DifferentialCase, Theme } from '../../case.ts';
import { extended, type PostgresStep, sql, sqls } from '../steps.ts';

/** A statement that fails, and the SQLSTATE that the server gives. */
const failing: readonly (readonly [name: string, code: string, statement: string])[] = [
  ['a syntax error', '42601', 'SELEC 1'],
  ['a syntax error far behind', '42601', `SELECT ${'1 + '.repeat(500)} FROM`],
  ['an unknown table', '42P01', 'SELECT * FROM nowhere'],
  ['an unknown column, with a hint', '42703', 'SELECT wrd FROM numbers'],
  ['an unknown function', '42883', 'SELECT no_such_function(1)'],
  ['an unknown type', '42704', 'SELECT 1::no_such_type'],
  ['an unknown schema', '3F000', 'CREATE TABLE no_such_schema.t (a int)'],
  ['a column that could be of two tables', '42702', 'SELECT n FROM numbers a, numbers b'],
  ['a table that is there already', '42P07', 'CREATE TABLE notes (a int)'],
  ['division by zero', '22012', 'SELECT 1 / 0'],
  ['a number out of range', '22003', 'SELECT 2147483647 + 1'],
  ['text that is no number', '22P02', "SELECT 'x'::int"],
  ['a date that is none', '22008', "SELECT '2024-02-30'::date"],
  ['a bad JSON document, with detail and context', '22P02', `SELECT '{"a": }'::json`],
  ['a text that would be too long', '54000', "SELECT lpad('x', 2000000000)"],
  ['a value that must not be NULL', '23502', 'INSERT INTO notes (title) VALUES (NULL)'],
  ['a value that is there already', '23505', 'INSERT INTO numbers VALUES (1, $$x$$, 0)'],
  ['a foreign key without its row', '23503', "INSERT INTO notes (title, number) VALUES ('a', 999)"],
  ['a check that does not hold', '23514', "INSERT INTO notes (title, stars) VALUES ('a', 6)"],
  [
    'a row that is still referred to',
    '23503',
    "WITH a AS (INSERT INTO notes (title, number) VALUES ('a', 1)) DELETE FROM numbers",
  ],
  ['a right that is missing', '42501', 'SELECT * FROM pg_authid'],
  ['a sub-query with two rows', '21000', 'SELECT (SELECT n FROM numbers)'],
  ['a bad regular expression', '2201B', "SELECT 'x' ~ '('"],
  ['a grouping mistake', '42803', 'SELECT n, count(*) FROM numbers'],
  [
    'an error of a DO block with all fields',
    'P0001',
    "DO $$ BEGIN RAISE EXCEPTION 'said %', 1 USING DETAIL = 'd', HINT = 'h', COLUMN = 'c', CONSTRAINT = 'k', DATATYPE = 't', TABLE = 'a', SCHEMA = 's'; END $$",
  ],
  ['an error with a code of its own', 'XX123', "DO $$ BEGIN RAISE SQLSTATE 'XX123'; END $$"],
  ['an error deep in function calls', '22012', 'DO $$ BEGIN PERFORM 1 / (SELECT 0); END $$'],
  ['an assertion', 'P0004', "DO $$ BEGIN ASSERT false, 'no'; END $$"],
  ['an error with text in many scripts', 'P0001', "DO $$ BEGIN RAISE EXCEPTION 'не то ☃ 🎉'; END $$"],
  ['a feature that is not there', '0A000', 'SELECT count(*) FROM numbers FOR UPDATE'],
  ['an invalid encoding conversion', '22021', "SELECT convert_from('\\xff', 'UTF8')"],
  ['a statement that is nested too deeply', '42601', `SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`],
  ['a value that is nested too deeply', '54001', "SELECT repeat('[', 100000)::json"],
];

const inSimple: readonly DifferentialCase<PostgresStep>[] = failing.map(([name, code, statement]) => ({
  name: `${name}, in a simple query`,
  errors: [code],
  steps: sqls(statement, 'SELECT 1'),
}));

const inExtended: readonly DifferentialCase<PostgresStep>[] = failing.map(([name, code, statement]) => ({
  name: `${name}, in the extended protocol`,
  errors: [code],
  steps: [extended(statement), extended('SELECT 1')],
}));

/** Every field of an error must come through, and the session must go on. */
export const errors: Theme<PostgresStep> = {
  name: 'errors',
  cases: [
    ...inSimple,
    ...inExtended,
    {
      name: 'an error of a trigger, with its context',
      errors: ['P0001'],
      steps: sqls(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not %', NEW.title; END $$",
        'CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION no()',
        "INSERT INTO notes (title) VALUES ('a')",
      ),
    },
    {
      name: 'an error while rows are on their way',
      errors: ['22012', '22012'],
      steps: [
        sql('SELECT 100 / (50 - g) FROM generate_series(1, 100) g'),
        extended('SELECT 100 / (50 - g) FROM generate_series(1, 100) g'),
      ],
    },
    {
      name: 'errors under other settings of messages',
      errors: ['22012', '22012'],
      steps: sqls(
        'SET client_min_messages = log',
        'SELECT 1/0',
        'SET check_function_bodies = off',
        'SELECT 1/0',
      ),
    },
    {
      name: 'a deferred constraint fails at COMMIT',
      errors: ['23503'],
      steps: sqls(
        'ALTER TABLE notes ALTER CONSTRAINT notes_number_fkey DEFERRABLE INITIALLY DEFERRED',
        'BEGIN',
        "INSERT INTO notes (title, number) VALUES ('a', 999)",
        'COMMIT',
        'SELECT count(*) FROM notes',
      ),
    },
    {
      name: 'a deferred constraint fails at the Sync',
      errors: ['23503'],
      steps: [
        sql('ALTER TABLE notes ALTER CONSTRAINT notes_number_fkey DEFERRABLE INITIALLY DEFERRED'),
        extended("INSERT INTO notes (title, number) VALUES ('a', 999)"),
        extended('SELECT count(*) FROM notes'),
      ],
    },
  ],
};
