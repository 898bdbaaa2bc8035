import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { runProgram } from '../support/psql.ts';

const recipes = join(import.meta.dirname, '..', '..', 'docs', 'recipes');

let gateway: TestGateway;
let folder: string;
beforeAll(async () => {
  gateway = await startGateway();
  folder = await mkdtemp(join(tmpdir(), 'grantway-curl-'));
});
afterAll(async () => {
  await gateway?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The steps of the page, as they stand on it. */
async function steps(): Promise<readonly string[]> {
  const text = await readFile(join(recipes, 'curl.md'), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, script]) => script ?? '');
}

test('the walk with curl works line for line', async () => {
  const [discover = '', proofKey = '', link = '', ...afterConsent] = await steps();
  const sh = async (script: string, variables: Readonly<Record<string, string>> = {}) => {
    const end = await runProgram('sh', ['-ec', `cd '${folder}'\n${script}`], {
      PATH: process.env.PATH,
      ISSUER: gateway.issuer,
      CLIENT_ID: 'backend',
      CLIENT_SECRET: gateway.clientSecret,
      ...variables,
    });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    return end.stdout.trim();
  };
  expect(JSON.parse(await sh(discover))).toMatchObject({ issuer: gateway.issuer });
  const printed = await sh(`${proofKey}\n${link}\necho "$VERIFIER"`);
  const [address = '', verifier = ''] = printed.split('\n');
  const end = await gateway.person('viewer').authorize(new URL(address));
  if (end.kind === 'page') throw new Error(`the browser stayed: ${end.html}`);
  expect(end.to.searchParams.get('state')).toBe('kept-by-you');
  expect(end.to.searchParams.get('iss')).toBe(gateway.issuer);

  const code = end.to.searchParams.get('code') ?? '';
  const said = await sh(afterConsent.join('\necho; cat token.json; echo\n'), {
    CODE: code,
    VERIFIER: verifier,
  });
  const answers = said.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  expect(answers).toContainEqual(
    expect.objectContaining({ person: expect.objectContaining({ name: 'viewer@example.com' }) }),
  );
  expect(answers).toContainEqual(expect.objectContaining({ rows: [['3']] }));
  const given = answers.filter((answer) => 'access_token' in answer);
  expect(new Set(given.map((answer) => answer.refresh_token)).size).toBe(2);
  // The last step gave it back.
  const last = given.at(-1);
  const me = await fetch(`${gateway.issuer}/api/v1/me`, {
    headers: { authorization: `Bearer ${last?.access_token}` },
  });
  expect(me.status).toBe(401);
});

const entryShape = z.object({
  authorization_url: z.string(),
  token_url: z.string(),
  token_request_auth_method: z.literal('basic'),
  authorization_params: z.record(z.string(), z.string()),
  token_params: z.record(z.string(), z.string()),
  refresh_params: z.record(z.string(), z.string()),
  token_response_metadata: z.array(z.string()),
  proxy: z.object({ base_url: z.string(), verification: z.object({ endpoints: z.array(z.string()) }) }),
});

test('the provider entry for Nango leads through the whole flow', async () => {
  const text = await readFile(join(recipes, 'nango.md'), 'utf8');
  const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(text) ?? [];
  const filled = yaml.replaceAll(/https:\/\/\$\{connectionConfig\.hostname\}/g, gateway.issuer);
  const { grantway: entry } = z.object({ grantway: entryShape }).parse(parse(filled));

  const asked = gateway.request({ client_id: 'backend', ...entry.authorization_params });
  expect(`${asked.url.origin}${asked.url.pathname}`).toBe(entry.authorization_url);
  const end = await gateway.person('viewer').authorize(asked.url);
  if (end.kind === 'page') throw new Error(`the browser stayed: ${end.html}`);
  const token = async (form: Readonly<Record<string, string>>) => {
    const response = await fetch(entry.token_url, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`backend:${gateway.clientSecret}`)}` },
      body: new URLSearchParams(form),
    });
    return z.record(z.string(), z.unknown()).parse(await response.json());
  };
  const first = await token({
    ...entry.token_params,
    code: end.to.searchParams.get('code') ?? '',
    code_verifier: asked.verifier,
    redirect_uri: asked.redirectUri,
  });
  for (const field of [...entry.token_response_metadata, 'access_token', 'refresh_token', 'expires_in'])
    expect(first).toHaveProperty(field);
  const second = await token({ ...entry.refresh_params, refresh_token: String(first.refresh_token) });
  const [verification = ''] = entry.proxy.verification.endpoints;
  const me = await fetch(entry.proxy.base_url + verification, {
    headers: { authorization: `Bearer ${second.access_token}` },
  });
  expect(me.status).toBe(200);
});
