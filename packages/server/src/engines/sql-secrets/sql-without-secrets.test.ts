import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mysqlEngine, postgresEngine } from '../index.ts';
import { redshiftEngine } from '../redshift/index.ts';
import { sqlTokens } from './sql-tokens.ts';

/** Every secret in these tables is `hunter…`; `§` stands for what is shown in its place. */
type Table = readonly (readonly [what: string, sent: string, recorded: string])[];
const asShown = (recorded: string) => recorded.replaceAll('§', "'[secret]'");

const everywhere: Table = [
  ['a query', "SELECT * FROM t WHERE password = 'x'", "SELECT * FROM t WHERE password = 'x'"],
  [
    'rows of an application',
    "INSERT INTO users (password) VALUES ('x');",
    "INSERT INTO users (password) VALUES ('x');",
  ],
  ['rows with a semicolon in them', "UPDATE t SET connection = 'a;b'", "UPDATE t SET connection = 'a;b'"],
  [
    'a column of that name',
    'CREATE TABLE t (password text NOT NULL)',
    'CREATE TABLE t (password text NOT NULL)',
  ],
  ['a statement without any of it', "SET application_name = 'x'", "SET application_name = 'x'"],
  [
    'white space and letters of both cases',
    "alter\n\tUser a\r\n  PassWord\t= \n'hunter1'",
    'alter\n\tUser a\r\n  PassWord\t= \n§',
  ],
  [
    'a comment between',
    "ALTER USER a PASSWORD/* 'here' */'hunter1' -- end",
    "ALTER USER a PASSWORD/* 'here' */§ -- end",
  ],
  [
    'several statements',
    "SELECT 'a'; ALTER USER a PASSWORD = 'hunter1'; SELECT 'b'",
    "SELECT 'a'; ALTER USER a PASSWORD = §; SELECT 'b'",
  ],
  [
    'a quote in the secret',
    "ALTER USER a PASSWORD = 'hun''ter1' VALID UNTIL 'tomorrow'",
    "ALTER USER a PASSWORD = § VALID UNTIL 'tomorrow'",
  ],
  [
    'a string in two pieces',
    "ALTER USER a PASSWORD 'hunter1'\n'hunter2' VALID UNTIL 'x'",
    "ALTER USER a PASSWORD §\n§ VALID UNTIL 'x'",
  ],
  ['a string without an end', "ALTER USER a PASSWORD = 'hunter1", 'ALTER USER a PASSWORD = §'],
];

const postgres: Table = [
  [
    'a role',
    "ALTER ROLE app WITH LOGIN ENCRYPTED PASSWORD 'hunter1' VALID UNTIL '2030-01-01'",
    "ALTER ROLE app WITH LOGIN ENCRYPTED PASSWORD § VALID UNTIL '2030-01-01'",
  ],
  ['a role without one', 'ALTER ROLE app PASSWORD NULL', 'ALTER ROLE app PASSWORD NULL'],
  ['a verifier', "CREATE ROLE a PASSWORD 'SCRAM-SHA-256$4096:hunter1'", 'CREATE ROLE a PASSWORD §'],
  ['an E string', "ALTER ROLE a PASSWORD E'hun\\'ter1' LOGIN", 'ALTER ROLE a PASSWORD § LOGIN'],
  [
    'a U& string',
    "ALTER ROLE a PASSWORD U&'hunter\\0031' UESCAPE '\\'",
    "ALTER ROLE a PASSWORD § UESCAPE '\\'",
  ],
  [
    'a backslash that is none',
    "ALTER ROLE a PASSWORD 'hunter1\\' VALID UNTIL 'x'",
    "ALTER ROLE a PASSWORD § VALID UNTIL 'x'",
  ],
  ['dollar quotes', 'ALTER ROLE a PASSWORD $$hunter1$$', 'ALTER ROLE a PASSWORD §'],
  [
    'dollar quotes with a tag',
    "ALTER ROLE a PASSWORD $q$hun$$'ter1$q$ LOGIN",
    'ALTER ROLE a PASSWORD § LOGIN',
  ],
  [
    'nested comments',
    "ALTER ROLE a /* /* ' */ PASSWORD ' */ PASSWORD 'hunter1'",
    "ALTER ROLE a /* /* ' */ PASSWORD ' */ PASSWORD §",
  ],
  ['a role of that name', `ALTER ROLE "PASSWORD" PASSWORD 'hunter1'`, 'ALTER ROLE "PASSWORD" PASSWORD §'],
  [
    'a subscription',
    "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter1' PUBLICATION p",
    'CREATE SUBSCRIPTION s CONNECTION § PUBLICATION p',
  ],
  [
    'a changed subscription',
    "ALTER SUBSCRIPTION s CONNECTION 'password=hunter1'",
    'ALTER SUBSCRIPTION s CONNECTION §',
  ],
  [
    'a user mapping',
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password 'hunter1')",
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password §)",
  ],
  [
    'a quoted option',
    `ALTER USER MAPPING FOR u SERVER s OPTIONS (SET "sslpassword" 'hunter1', ADD user 'u')`,
    `ALTER USER MAPPING FOR u SERVER s OPTIONS (SET "sslpassword" §, ADD user 'u')`,
  ],
  [
    'a setting',
    "ALTER SYSTEM SET primary_conninfo TO 'password=hunter1'",
    'ALTER SYSTEM SET primary_conninfo TO §',
  ],
  [
    'a block',
    "DO $$ BEGIN ALTER ROLE a PASSWORD 'hunter1'; PERFORM 'x'; END $$",
    "DO $$ BEGIN ALTER ROLE a PASSWORD §; PERFORM 'x'; END $$",
  ],
  [
    'a statement that is put together',
    "DO $x$ BEGIN EXECUTE format('ALTER ROLE a PASSWORD %L', 'hunter1'); END $x$",
    "DO $x$ BEGIN EXECUTE format('ALTER ROLE a PASSWORD %L', §); END $x$",
  ],
  [
    'a statement in a string',
    "DO $x$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''hunter1'''; END $x$",
    "DO $x$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''[secret]'''; END $x$",
  ],
  [
    'a statement that names a password in a comment, to be hidden with it',
    "DO 'BEGIN /* password */ DROP TABLE payroll; ALTER ROLE a PASSWORD ''hunter1''; END'",
    "DO 'BEGIN /* password */ DROP TABLE payroll; ALTER ROLE a PASSWORD ''[secret]''; END'",
  ],
  [
    'a password without its quotes, and whatever follows it',
    'ALTER USER a WITH PASSWORD hunter1!hunter2 LOGIN',
    'ALTER USER a WITH PASSWORD §',
  ],
  ['a password in the quotes of names', 'ALTER ROLE a PASSWORD "hunter1"', 'ALTER ROLE a PASSWORD §'],
  ['a password of digits without its quotes', 'CREATE ROLE a PASSWORD 1234', 'CREATE ROLE a PASSWORD §'],
  ['a role that is called password', 'ALTER ROLE password SUPERUSER', 'ALTER ROLE password SUPERUSER'],
  [
    'a role of a role that is called password',
    'CREATE ROLE a IN ROLE b, password SUPERUSER',
    'CREATE ROLE a IN ROLE b, password SUPERUSER',
  ],
  [
    'a user mapping for a role that is called password',
    "ALTER USER MAPPING FOR password SERVER s OPTIONS (SET user 'u')",
    "ALTER USER MAPPING FOR password SERVER s OPTIONS (SET user 'u')",
  ],
  [
    'a program',
    "COPY t FROM PROGRAM 'PGPASSWORD=hunter1 curl -u bob:hunter2 --token hunter3 https://h/x'",
    "COPY t FROM PROGRAM 'PGPASSWORD=[secret] curl -u bob:[secret] --token [secret] https://h/x'",
  ],
  [
    'an address with a password',
    "CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (url 'https://u:hunter1@h/p')",
    "CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (url 'https://u:[secret]@h/p')",
  ],
  [
    'a connection string of an option',
    "CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (dsn 'host=h password=hunter1')",
    "CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (dsn 'host=h password=[secret]')",
  ],
  [
    'a connection string in a block',
    "DO $$ BEGIN PERFORM dblink_connect('host=h password=hunter1'); END $$",
    "DO $$ BEGIN PERFORM dblink_connect('host=h password=[secret]'); END $$",
  ],
  [
    'a token of a user mapping',
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', token 'hunter1')",
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', token §)",
  ],
  ['a setting of an application', "ALTER ROLE a SET app.pwd = 'hunter1'", 'ALTER ROLE a SET app.pwd = §'],
  [
    'blocks in blocks in blocks',
    "DO $a$ $b$ $c$ ALTER ROLE a PASSWORD 'hunter1' $c$ $b$ $a$",
    'DO $a$ $b$ § $b$ $a$',
  ],
  [
    'a string that is read as escaped elsewhere',
    "ALTER ROLE a PASSWORD 'x\\''hunter1' LOGIN; ALTER ROLE b PASSWORD 'y",
    'ALTER ROLE a PASSWORD §',
  ],
];

const mysql: Table = [
  [
    'a user',
    "CREATE USER 'a'@'%' IDENTIFIED BY 'hunter1' REQUIRE SUBJECT '/CN=a'",
    "CREATE USER 'a'@'%' IDENTIFIED BY § REQUIRE SUBJECT '/CN=a'",
  ],
  [
    'several users',
    "CREATE USER 'a'@'%' IDENTIFIED BY 'hunter1', 'b'@'%' IDENTIFIED BY 'hunter2'",
    "CREATE USER 'a'@'%' IDENTIFIED BY §, 'b'@'%' IDENTIFIED BY §",
  ],
  [
    'double quotes',
    'ALTER USER a IDENTIFIED BY "hunter1" ACCOUNT LOCK',
    'ALTER USER a IDENTIFIED BY § ACCOUNT LOCK',
  ],
  [
    'a plugin',
    "ALTER USER a IDENTIFIED WITH 'caching_sha2_password' BY 'hunter1' REPLACE 'hunter2'",
    "ALTER USER a IDENTIFIED WITH 'caching_sha2_password' BY § REPLACE §",
  ],
  [
    'a hash',
    "ALTER USER a IDENTIFIED WITH mysql_native_password AS '*hunter1'",
    'ALTER USER a IDENTIFIED WITH mysql_native_password AS §',
  ],
  [
    'a hash in hexadecimal',
    'CREATE USER a IDENTIFIED WITH p AS 0x68756E746572',
    'CREATE USER a IDENTIFIED WITH p AS §',
  ],
  [
    'a hash of old',
    "CREATE USER a IDENTIFIED BY PASSWORD '*hunter1'",
    'CREATE USER a IDENTIFIED BY PASSWORD §',
  ],
  [
    'plugins of MariaDB',
    "CREATE USER a IDENTIFIED VIA ed25519 USING PASSWORD('hunter1') OR unix_socket AS 'hunter2'",
    'CREATE USER a IDENTIFIED VIA ed25519 USING PASSWORD(§) OR unix_socket AS §',
  ],
  [
    'a grant',
    "GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY 'hunter1'",
    "GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY §",
  ],
  ['one’s own password', "SET PASSWORD = 'hunter1' REPLACE 'hunter2'", 'SET PASSWORD = § REPLACE §'],
  [
    'somebody’s password',
    "SET PASSWORD FOR 'a'@'%' = PASSWORD('hunter1')",
    "SET PASSWORD FOR 'a'@'%' = PASSWORD(§)",
  ],
  ['a character set', "ALTER USER a IDENTIFIED BY _utf8mb4'hunter1'", 'ALTER USER a IDENTIFIED BY §'],
  [
    'an escape',
    "ALTER USER a IDENTIFIED BY 'hun\\'ter1' ACCOUNT LOCK",
    'ALTER USER a IDENTIFIED BY § ACCOUNT LOCK',
  ],
  [
    'an executed comment',
    "/*!50000 ALTER USER a IDENTIFIED BY 'hunter1' */",
    '/*!50000 ALTER USER a IDENTIFIED BY § */',
  ],
  [
    'an executed comment of MariaDB',
    "/*M!100000 SET PASSWORD = 'hunter1' */",
    '/*M!100000 SET PASSWORD = § */',
  ],
  [
    'a comment to the end of the line',
    "ALTER USER a # it's\nIDENTIFIED BY 'hunter1'",
    "ALTER USER a # it's\nIDENTIFIED BY §",
  ],
  [
    'replication',
    "CHANGE REPLICATION SOURCE TO SOURCE_USER='r', SOURCE_PASSWORD='hunter1'",
    "CHANGE REPLICATION SOURCE TO SOURCE_USER='r', SOURCE_PASSWORD=§",
  ],
  [
    'replication of old',
    "CHANGE MASTER TO MASTER_PASSWORD='hunter1', MASTER_LOG_FILE='f'",
    "CHANGE MASTER TO MASTER_PASSWORD=§, MASTER_LOG_FILE='f'",
  ],
  [
    'a server',
    "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'u', PASSWORD 'hunter1')",
    "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'u', PASSWORD §)",
  ],
  [
    'a federated table',
    "CREATE TABLE t (a int) ENGINE=FEDERATED CONNECTION='mysql://u:hunter1@h/d'",
    'CREATE TABLE t (a int) ENGINE=FEDERATED CONNECTION=§',
  ],
  [
    'a clone',
    "CLONE INSTANCE FROM 'u'@'h':3306 IDENTIFIED BY 'hunter1'",
    "CLONE INSTANCE FROM 'u'@'h':3306 IDENTIFIED BY §",
  ],
  [
    'a statement in a string',
    `EXECUTE IMMEDIATE "SET PASSWORD = 'hunter1'"`,
    `EXECUTE IMMEDIATE "SET PASSWORD = '[secret]'"`,
  ],
  [
    'a statement in a string with escapes',
    "PREPARE s FROM 'DROP TABLE t; ALTER USER a IDENTIFIED BY \\'hunter1\\''",
    "PREPARE s FROM 'DROP TABLE t; ALTER USER a IDENTIFIED BY ''[secret]'''",
  ],
  ['a password without its quotes', 'ALTER USER a IDENTIFIED BY hunter1', 'ALTER USER a IDENTIFIED BY §'],
  [
    'a random password',
    'ALTER USER a IDENTIFIED BY RANDOM PASSWORD PASSWORD EXPIRE NEVER',
    'ALTER USER a IDENTIFIED BY RANDOM PASSWORD PASSWORD EXPIRE NEVER',
  ],
  ['JSON', `CREATE USER a ATTRIBUTE '{"password":"hunter1"}'`, 'CREATE USER a ATTRIBUTE §'],
  [
    'options of a table',
    "CREATE TABLE t (a int) ENGINE=CONNECT OPTION_LIST='Host=h,Password=hunter1'",
    "CREATE TABLE t (a int) ENGINE=CONNECT OPTION_LIST='Host=h,Password=[secret]'",
  ],
  [
    'the password of a plugin',
    "SET GLOBAL authentication_ldap_simple_bind_root_pwd='hunter1'",
    'SET GLOBAL authentication_ldap_simple_bind_root_pwd=§',
  ],
  ['the login of a cluster', "SET GLOBAL wsrep_sst_auth = 'u:hunter1'", 'SET GLOBAL wsrep_sst_auth = §'],
  [
    'a statement that is put together',
    `SET @s = CONCAT('ALTER USER a IDENTIFIED BY ', QUOTE('hunter1'))`,
    `SET @s = CONCAT('ALTER USER a IDENTIFIED BY ', QUOTE(§))`,
  ],
  [
    'a server that escapes nothing',
    "CREATE USER 'a' IDENTIFIED BY 'hunter1\\', 'b' IDENTIFIED BY 'hunter2'",
    "CREATE USER 'a' IDENTIFIED BY §",
  ],
];

const redshift: Table = [
  ['a user', "CREATE USER a PASSWORD 'hunter1' CREATEDB", 'CREATE USER a PASSWORD § CREATEDB'],
  ['a user without one', 'ALTER USER a PASSWORD DISABLE', 'ALTER USER a PASSWORD DISABLE'],
  [
    'credentials of COPY',
    "COPY t FROM 's3://b/k' WITH CREDENTIALS AS 'aws_secret_access_key=hunter1' DELIMITER ','",
    "COPY t FROM 's3://b/k' WITH CREDENTIALS AS § DELIMITER ','",
  ],
  [
    'keys of COPY',
    "COPY t FROM 's3://b/k' ACCESS_KEY_ID 'hunter0' SECRET_ACCESS_KEY 'hunter1' SESSION_TOKEN 'hunter2' REGION 'eu-west-1'",
    "COPY t FROM 's3://b/k' ACCESS_KEY_ID § SECRET_ACCESS_KEY § SESSION_TOKEN § REGION 'eu-west-1'",
  ],
  [
    'a role of COPY',
    "COPY t FROM 's3://b/k' IAM_ROLE 'arn:aws:iam::1:role/r'",
    "COPY t FROM 's3://b/k' IAM_ROLE 'arn:aws:iam::1:role/r'",
  ],
  [
    'a key of UNLOAD',
    "UNLOAD ('SELECT 1') TO 's3://b/k' CREDENTIALS 'hunter1' MASTER_SYMMETRIC_KEY 'hunter2' ENCRYPTED",
    "UNLOAD ('SELECT 1') TO 's3://b/k' CREDENTIALS § MASTER_SYMMETRIC_KEY § ENCRYPTED",
  ],
  [
    'an escape in any string',
    "CREATE USER a PASSWORD 'hun\\'ter1' CREATEDB",
    'CREATE USER a PASSWORD § CREATEDB',
  ],
];

const engines = [
  ['PostgreSQL', postgresEngine, [...everywhere, ...postgres]],
  ['MySQL', mysqlEngine, [...everywhere, ...mysql]],
  ['Redshift', redshiftEngine, [...everywhere, ...redshift]],
] as const;

describe.each(engines)('what is recorded of a statement at %s', (_name, { traits }, table) => {
  it.each(table)('hides the secret and nothing else: %s', (_what, sent, recorded) => {
    expect(traits.withoutSecrets(sent)).toBe(asShown(recorded));
    expect(traits.withoutSecrets(sent)).not.toContain('hunter');
  });
});

describe('the tokens of a text', () => {
  const pieces = fc.constantFrom(
    ...[
      "'",
      '"',
      '`',
      '\\',
      '$',
      '$$',
      '$a$',
      '/*',
      '*/',
      '/*!',
      '--',
      '#',
      '\n',
      ' ',
      ';',
      '=',
      '(',
      "E'",
      "U&'",
      '0x1f',
    ],
    ...['PASSWORD', 'identified', 'BY', 'select', 'ü', '\0', '\ud800', 'a', '1'],
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

  it.each([
    { backslash: 'marked', nameQuote: '"', comments: 'nested' },
    { backslash: 'everywhere', nameQuote: '`', comments: 'executable' },
  ] as const)('stand in order, each of them once, whatever the text: %j', (dialect) => {
    fc.assert(
      fc.property(texts, (text) => {
        let before = 0;
        for (const { start, end } of sqlTokens(text, dialect)) {
          expect(start).toBeGreaterThanOrEqual(before);
          expect(end).toBeGreaterThan(start);
          before = end;
        }
        expect(before).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('takes a text without secrets for what it is, however it is quoted', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const [, { traits }] of engines) {
          const harmless = text.replaceAll(/password|identified/gi, 'word');
          expect(traits.withoutSecrets(harmless)).toBe(harmless);
        }
      }),
    );
  });
});
