import type { Theme } from '../../case.ts';
import { binary, extended, type PostgresStep, sql, sqls } from '../steps.ts';

/** Settings of the session: at startup, by SET and RESET, and what the server reports of them. */
export const settings: Theme<PostgresStep> = {
  name: 'settings',
  cases: [
    {
      name: 'reported parameters change with SET and come back with RESET',
      steps: sqls(
        "SET TimeZone = 'Asia/Tokyo'",
        "SET DateStyle = 'SQL, DMY'",
        "SET IntervalStyle = 'iso_8601'",
        "SET application_name = 'me'",
        'RESET TimeZone',
        'RESET ALL',
        'SHOW TimeZone',
      ),
    },
    {
      name: 'parameters that are not reported',
      steps: sqls("SET work_mem = '8MB'", 'SHOW work_mem', 'RESET work_mem', 'SHOW work_mem'),
    },
    {
      name: 'set_config',
      steps: [
        sql("SELECT set_config('application_name', 'by function', false)"),
        extended("SELECT set_config('TimeZone', $1, false)", { values: ['UTC'] }),
      ],
    },
    {
      name: 'settings of the own kind',
      errors: ['42704'],
      steps: sqls(
        "SELECT current_setting('my.word')",
        "SELECT current_setting('my.word', true)",
        "SET my.word = 'x'",
        'SHOW my.word',
        'RESET my.word',
        "SELECT current_setting('my.word', true)",
      ),
    },
    {
      name: 'the search path',
      steps: sqls(
        'SHOW search_path',
        'SET search_path = pg_catalog',
        "SELECT to_regclass('notes')",
        'RESET search_path',
        "SELECT to_regclass('notes')",
      ),
    },
    {
      name: 'values that are wrong',
      errors: ['22023', '22023', '42704', '42501', '55P02'],
      steps: sqls(
        "SET DateStyle = 'nonsense'",
        "SET work_mem = '8 parsec'",
        'SET no_such_setting = 1',
        'SET log_statement = none',
        'SET max_connections = 5',
      ),
    },
    {
      name: 'the encoding of the client',
      errors: ['22P05'],
      steps: sqls(
        "SET client_encoding = 'LATIN1'",
        'SELECT chr(233)',
        'SELECT chr(9731)',
        "SET client_encoding = 'UTF8'",
        'SELECT chr(9731)',
      ),
    },
    {
      name: 'the encoding of the client from the start',
      settings: { client_encoding: 'LATIN1' },
      steps: [sql('SELECT chr(252), octet_length(chr(252))'), binary('SELECT chr(252)')],
    },
    {
      name: 'settings of the startup packet',
      settings: {
        application_name: 'starter',
        DateStyle: 'German, DMY',
        TimeZone: 'Europe/Berlin',
        IntervalStyle: 'sql_standard',
        search_path: 'pg_catalog',
        extra_float_digits: '0',
        bytea_output: 'escape',
      },
      steps: sqls(
        "SELECT '2024-02-01'::date, '1 day 2 hours'::interval, 0.1::float8 + 0.2::float8, '\\x00ff'::bytea, current_schemas(false)",
        "SELECT to_char('2024-07-01 12:00Z'::timestamptz, 'HH24 TZ')",
        "SET application_name = 'other'",
        'RESET application_name',
      ),
    },
    {
      name: 'settings in the options of the startup packet',
      settings: { options: '-c statement_timeout=1234 -c TimeZone=Asia/Kolkata --search_path=scratch' },
      steps: sqls(
        'SHOW statement_timeout',
        'SHOW TimeZone',
        'SHOW search_path',
        'RESET ALL',
        'SHOW statement_timeout',
      ),
    },
    {
      name: 'an application name with strange letters',
      settings: { application_name: 'app ☃ "quoted"' },
      steps: sqls('SHOW application_name', "SET application_name = 'ä\tb'", 'SHOW application_name'),
    },
    {
      name: 'transaction settings of the startup packet',
      settings: { default_transaction_read_only: 'on', default_transaction_isolation: 'serializable' },
      errors: ['25006'],
      steps: sqls('SHOW transaction_isolation', "INSERT INTO notes (title) VALUES ('a')"),
    },
    {
      name: 'DISCARD in all its forms',
      errors: ['25001'],
      steps: sqls(
        "SET application_name = 'x'",
        'CREATE TEMP TABLE t (a int)',
        'DISCARD PLANS',
        'DISCARD SEQUENCES',
        'DISCARD TEMP',
        "SELECT to_regclass('t')",
        'DISCARD ALL',
        'SHOW application_name',
        'BEGIN',
        'DISCARD ALL',
        'ROLLBACK',
      ),
    },
    {
      name: 'changing who one is',
      errors: ['42501', '42501'],
      steps: sqls(
        'SET ROLE app_readwrite',
        'SET SESSION AUTHORIZATION app_readwrite',
        'SET ROLE NONE',
        'RESET SESSION AUTHORIZATION',
        'SELECT session_user, current_user',
      ),
    },
    {
      name: 'a setting of the login itself',
      steps: sqls("ALTER ROLE CURRENT_USER SET work_mem = '5MB'", 'ALTER ROLE CURRENT_USER RESET work_mem'),
    },
    {
      name: 'float output by digits',
      steps: [
        ...sqls('SET extra_float_digits = -15', 'SELECT pi()', 'SET extra_float_digits = 3', 'SELECT pi()'),
        extended('SELECT pi()::float4'),
      ],
    },
    {
      name: 'byte strings in the old form',
      steps: sqls("SET bytea_output = 'escape'", "SELECT '\\x00275c80'::bytea"),
    },
    {
      name: 'statement timeouts',
      errors: ['57014'],
      steps: sqls(
        "SET statement_timeout = '20ms'",
        'SELECT pg_sleep(10)',
        'SET statement_timeout = 0',
        'SELECT 1',
      ),
    },
    {
      name: 'a timeout in the middle of rows',
      errors: ['57014'],
      steps: [
        sql("SET statement_timeout = '50ms'"),
        sql('SELECT 1 WHERE pg_sleep(10) IS NULL'),
        sql('RESET statement_timeout'),
        sql('SELECT 2'),
      ],
    },
    {
      name: 'a timeout that ends the session in a transaction',
      errors: ['25P03'],
      steps: [
        sql("SET idle_in_transaction_session_timeout = '20ms'"),
        sql('BEGIN', { until: { type: 'Z', count: 1 } }),
        { kind: 'say', on: 'main', calls: [], until: 'closed' },
      ],
    },
    {
      name: 'a timeout that ends an idle session',
      errors: ['57P05'],
      steps: [
        sql("SET idle_session_timeout = '20ms'"),
        { kind: 'say', on: 'main', calls: [], until: 'closed' },
      ],
    },
    {
      name: 'a timeout of the whole transaction',
      errors: ['25P04'],
      steps: [
        sql("SET transaction_timeout = '400ms'"),
        sql('BEGIN'),
        sql('SELECT pg_sleep(10)', { until: 'closed' }),
      ],
    },
  ],
};
