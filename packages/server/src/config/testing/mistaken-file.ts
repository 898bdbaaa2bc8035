import { parseConfig } from '../index.ts';

/** A bcrypt hash of the right shape. */
export const hash = '$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234';

/** A file without mistakes, for the tables to break. */
export const soundFile = `issuer: https://access.example.com
dataDir: ./state
masterKey: file:./master.key
listen: { http: 127.0.0.1:8400, postgres: 127.0.0.1:15432 }
signIn:
  local: {}
databases:
  authdb:
    engine: postgres
    host: db.internal
    port: 5433
    tls: verify-full
    manager: { login: grantway_manager, password: env:MANAGER }
    pool: { mode: session, size: 20 }
    roles:
      admin: { login: gw_admin, password: env:GW_ADMIN, allow: { groups: [admin] } }
      readonly: { login: gw_readonly, password: env:GW_READONLY, allow: everyone }
clients:
  acme-bi: { name: Acme BI, redirectUris: [https://bi.acme.example/callback], secret: env:ACME, scopes: ["db:authdb:readonly"] }
users:
  viewer@example.com: { groups: [viewer], passwordHash: "${hash}" }
tokens: { access: 15m }
`;

/** What is said wherever a secret stands in clear. */
export const literalSecret = [
  'A secret is never written in this file.',
  'Put the value into an environment variable and write env:NAME here, or into a file of its own and write file:PATH.',
] as const;

/** A title, what to replace in the sound file (or the whole text), and the problems: place and key, message, fix. */
export type Mistaken = readonly [
  title: string,
  changes: string | readonly (readonly [from: string, to: string])[],
  problems: readonly (readonly [place: string, message: string, fix: string])[],
];

/** The problems of the sound file after the changes, in the form of the tables. */
export function problemsAfter(changes: Mistaken[1]): Mistaken[2] {
  const loaded = parseConfig(textAfter(changes), '/etc/grantway/grantway.yaml', {});
  if (loaded.outcome === 'loaded') return [];
  return loaded.problems.map(({ line, column, path, message, fix }) => [
    `${line}:${column} ${path}`.trim(),
    message,
    fix,
  ]);
}

function textAfter(changes: Mistaken[1]): string {
  if (typeof changes === 'string') return changes;
  let text = soundFile;
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the sound file has no ${from}`);
    text = text.replace(from, () => to);
  }
  return text;
}
