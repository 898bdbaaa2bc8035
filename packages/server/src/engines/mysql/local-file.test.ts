import { expect, test } from 'vitest';
import { asksForFile } from './local-file.ts';

const asked: readonly [text: string, file: string][] = [
  ["LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", 'a.csv'],
  ['load data low_priority local infile "a.csv" into table t', 'a.csv'],
  ["LOAD XML CONCURRENT LOCAL INFILE 'a.xml' INTO TABLE t", 'a.xml'],
  ["LOAD DATA LOCAL FROM INFILE 'a.csv' INTO TABLE t", 'a.csv'],
  ["/* a */ -- b\n LOAD/**/DATA\n# c\nLOCAL INFILE 'a.csv' INTO TABLE t", 'a.csv'],
  ["SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t; LOAD DATA LOCAL INFILE 'b' INTO TABLE u", 'b'],
  ["LOAD DATA LOCAL INFILE 'C:\\\\new\\\\a.csv' INTO TABLE t", 'C:\\new\\a.csv'],
  ["LOAD DATA LOCAL INFILE 'C:\\new' INTO TABLE t", 'C:\\new'],
  ["LOAD DATA LOCAL INFILE 'it''s' INTO TABLE t", "it's"],
  ["LOAD DATA LOCAL INFILE 'ü.csv' INTO TABLE t", 'ü.csv'],
  ["SELECT 'it''s', \"a\\\"b\" '', `c``d` /* ' */; LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", 'a.csv'],
];
test.for(asked)('%s asks for the file %s', ([text, file]) => {
  expect(asksForFile(text, Buffer.from(file))).toBe(true);
});

const notAsked: readonly [text: string, file: string][] = [
  ["LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", '/etc/passwd'],
  ["LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", ''],
  ["LOAD DATA INFILE 'a.csv' INTO TABLE t", 'a.csv'],
  ["SELECT 1 /* ; LOAD DATA LOCAL INFILE 'a.csv'", 'b.csv'],
  ['SELECT \' LOAD DATA LOCAL INFILE "a.csv"\'', 'a.csv'],
  // What somebody else wrote may stand in a value, and servers may be after files.
  [`INSERT INTO notes VALUES ('so; LOAD DATA LOCAL INFILE "/etc/passwd" INTO TABLE t')`, '/etc/passwd'],
  [`INSERT INTO notes VALUES ("it\\"s; LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t")`, '/etc/passwd'],
  ["SELECT `; LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t`", '/etc/passwd'],
  ["SELECT 1 /* ; LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t */", '/etc/passwd'],
  ["SELECT 1 -- ; LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t", '/etc/passwd'],
  ["SELECT 1 # ; LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t\n", '/etc/passwd'],
  ['SELECT 1', 'a.csv'],
  ["SELECT '; LOAD'; SELECT 1", ''],
  [`${'/**/'.repeat(5_000)}LOAD DATA LOCAL`, 'a.csv'],
];
test.for(notAsked)('%s asks for no file %s', ([text, file]) => {
  expect(asksForFile(text, Buffer.from(file))).toBe(false);
});
