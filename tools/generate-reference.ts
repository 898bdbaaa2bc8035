import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configJsonSchema, type JsonSchema } from '../packages/server/src/config/index.ts';
import { refusals } from '../packages/server/src/core/index.ts';

/**
 * Makes docs/reference from the code: `node tools/generate-reference.ts`. A test compares the files with what this
 * makes, so they are never behind.
 */

const generated = '<!-- Made by tools/generate-reference.ts. Change the code instead. -->';

/** Every file of the reference, by its path in the repository. */
export function referenceFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
    ['docs/reference/config.md', configReference()],
    ['docs/reference/errors.md', errorReference()],
  ]);
}

function configReference(): string {
  return `${generated}

# Configuration

One YAML file. Unknown keys are errors, and \`grantway check --config FILE\` reports all mistakes at once, each with its
line and what to do. For help while typing, point the editor to [config.schema.json](config.schema.json):

\`\`\`yaml
# yaml-language-server: $schema=./docs/reference/config.schema.json
\`\`\`

- **Paths** start from the folder of the file.
- **Secrets** are never written in the file. Write \`env:NAME\` (an environment variable) or \`file:PATH\` (a file that
  holds the secret and nothing else).
- **Durations** are a whole number and one of \`s\`, \`m\`, \`h\`, \`d\`: \`90s\`, \`15m\`, \`12h\`, \`30d\`.
- **Rules** (\`allow\`, \`admins\`) are \`everyone\`, or exactly one of \`groups\`, \`users\`, \`clients\` (any of the list) and
  \`claims\` (all of them). Values are compared whole, by type and by case; nothing is searched inside a text. An entry of
  \`users\` is \`method:subject\`; without a colon it is the user name of a local person.
- **Roles** are tried in the order of the file: the first that a person qualifies for is their default. A role without
  \`password\` is managed: it needs \`grants\`, and \`manager\` on its database.

## From the environment

\`GRANTWAY_\` and the path of a key in capitals sets that key: \`GRANTWAY_ISSUER\`, \`GRANTWAY_LISTEN_HTTP\`,
\`GRANTWAY_DATABASES_AUTHDB_HOST\`. Between keys stands \`_\`, and so it does for every character inside a key that is
no letter or digit; \`dataDir\` is \`DATADIR\` or \`DATA_DIR\`. Only single values can be set, and only inside databases,
roles, clients and users that the file has. A variable that starts like a section and names no key is an error.
Variables that the file names itself (\`env:GRANTWAY_…\`) are secrets and set nothing; \`GRANTWAY_CLI_…\` belongs to the
command line and \`GRANTWAY_TEST_…\` to the tests.

## Keys

| Key | Takes | Left out | Meaning |
| --- | --- | --- | --- |
${keyRows(configJsonSchema(), '').join('\n')}
`;
}

/** `only` stands before the meaning of keys that not every section of the kind has. */
function keyRows(schema: JsonSchema, prefix: string, only = ''): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    rows(child, `${prefix}${key}`, schema.required?.includes(key) ?? false, only),
  );
}

/** The keys of a choice between sections that say by `kind` which one they are. */
function choiceRows(options: readonly JsonSchema[], prefix: string): readonly string[] {
  const kinds = options.map((option) => option.properties?.kind?.const);
  const words = kinds.map((kind) => `\`${String(kind)}\``).join(', ');
  return [
    `| \`${prefix}kind\` | ${words} |  | What it is. |`,
    ...options.flatMap(({ properties, ...option }, at) => {
      const { kind: _, ...others } = properties ?? {};
      return keyRows({ ...option, properties: others }, prefix, `With \`${String(kinds[at])}\`: `);
    }),
  ];
}

function rows(schema: JsonSchema, path: string, required: boolean, only = ''): readonly string[] {
  const meaning = `${only}${cell(schema.description ?? '')}${example(schema)}`;
  const own = `| \`${path}\` | ${takes(schema)} | ${leftOut(schema, required)} | ${meaning} |`;
  if (schema.oneOf !== undefined) return [own, ...choiceRows(schema.oneOf, `${path}.`)];
  const inside = [schema, ...(schema.anyOf ?? [])].flatMap((option) => keyRows(option, `${path}.`));
  const entry = schema.additionalProperties;
  const hasKeys = typeof entry === 'object' && (entry.properties ?? entry.oneOf) !== undefined;
  return hasKeys ? [own, ...rows(entry, `${path}.<name>`, false)] : [own, ...inside];
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true, false',
  array: 'list',
  object: 'section',
};

function takes(schema: JsonSchema): string {
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return [...new Set(options.map(takes))].join(', ');
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? ''];
  const named = types.map((type: string) => typeNames[type] ?? type).join(', ');
  return schema.items === undefined ? named : `list of ${takes(schema.items)}`;
}

function leftOut(schema: JsonSchema, required: boolean): string {
  if (required) return 'required';
  if (schema.default === undefined || typeof schema.default === 'object') return '';
  return `\`${String(schema.default)}\``;
}

function example(schema: JsonSchema): string {
  const [first] = schema.examples ?? [];
  if (first === undefined || schema.default !== undefined) return '';
  return ` Example: \`${typeof first === 'string' ? first : JSON.stringify(first)}\``;
}

function errorReference(): string {
  const lines = Object.entries(refusals).map(
    ([code, { sentence, native }]) =>
      `| \`${code}\` | ${cell(sentence)} | ${native.http} | \`${native.oauth}\` | \`${native.sqlstate}\` | ${native.mysql} | \`${native.redis}\` |`,
  );
  return `${generated}

# Errors

Every refusal of Grantway is one of these. The code is stable; programs may branch on it. HTTP answers carry it as
\`code\` in \`application/problem+json\`; the database doors answer with the native error of their protocol. What is in
\`{braces}\` is filled in. Errors of the database itself pass through unchanged.

| Code | What the caller reads | HTTP | OAuth | SQLSTATE | MySQL | Redis |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  for (const [path, text] of referenceFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(path);
  }
}
