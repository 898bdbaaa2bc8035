import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { psql } from '../../support/psql.ts';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.ts';

const documents = join(import.meta.dirname, '..', '..', '..', 'docs', 'recipes');

/** What a page tells its reader: the entries of `workloads`, and the request for a token. */
interface Recipe {
  readonly workloads: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly request: Readonly<Record<string, string>>;
}

async function readRecipe(name: string): Promise<Recipe> {
  const text = await readFile(join(documents, `${name}.md`), 'utf8');
  const [, config = ''] = /```yaml\n(workloads:[\s\S]*?)```/.exec(text) ?? [];
  const { workloads } = parse(config.replaceAll('…', '')) as Recipe;
  const request = Object.fromEntries(
    [...text.matchAll(/ -d (\w+)=([^\s|]+)/g)].map(([, key, value]) => [key, value]),
  );
  return { workloads, request };
}

/** The claims of a job's token, as GitHub's documentation of OpenID Connect shows them. */
const githubJob = {
  jti: 'example-id',
  sub: 'repo:acme/app:ref:refs/heads/main',
  aud: 'https://access.example.com',
  ref: 'refs/heads/main',
  sha: 'example-sha',
  repository: 'acme/app',
  repository_owner: 'acme',
  repository_owner_id: '65',
  repository_id: '74',
  repository_visibility: 'private',
  actor: 'octocat',
  actor_id: '12',
  run_id: 'example-run-id',
  run_number: '10',
  run_attempt: '2',
  runner_environment: 'github-hosted',
  workflow: 'example-workflow',
  event_name: 'push',
  head_ref: '',
  base_ref: '',
  ref_type: 'branch',
  job_workflow_ref: 'acme/app/.github/workflows/deploy.yml@refs/heads/main',
};

/** The claims of a projected token of a service account, as Kubernetes' documentation shows them. */
const pod = {
  aud: ['https://access.example.com'],
  jti: 'ea28ed49-2e11-4280-9ec5-bc3d1d84661a',
  sub: 'system:serviceaccount:reports:runner',
  nbf: Math.floor(Date.now() / 1000) - 10,
  'kubernetes.io': {
    namespace: 'reports',
    node: { name: '127.0.0.1', uid: '58456cb0-dd00-45ed-b797-5578fdceaced' },
    pod: { name: 'runner-69cbfb9798-jv9gn', uid: '778a530c-b3f4-47c0-9cd5-ab018fb64f33' },
    serviceaccount: { name: 'runner', uid: 'a087d5a0-e1dd-43ec-93ac-f13d89cd13af' },
    warnafter: Math.floor(Date.now() / 1000) + 200,
  },
};

let issuer: TokenIssuer;
let gateway: TestGateway;
let folder: string;
const recipes = new Map<string, Recipe>();
beforeAll(async () => {
  issuer = await startTokenIssuer();
  folder = await mkdtemp(join(tmpdir(), 'grantway-recipes-'));
  const keys = join(folder, 'cluster-keys.json');
  await writeFile(
    keys,
    JSON.stringify({ keys: [{ ...issuer.publicJwk, kid: 'key-1', alg: 'RS256', use: 'sig' }] }),
  );
  for (const name of ['github-actions', 'kubernetes']) recipes.set(name, await readRecipe(name));
  const workloads = [...recipes.values()].flatMap(({ workloads: entries }) => Object.entries(entries));
  gateway = await startGateway({
    config: {
      clients: {},
      workloads: Object.fromEntries(
        workloads.map(([name, { keys: file, ...entry }]) => [
          name,
          // A cluster whose keys are in a file has an issuer that nobody here can reach.
          file === undefined ? { ...entry, issuer: issuer.issuer } : { ...entry, keys },
        ]),
      ),
    },
    database: {
      roles: {
        migrate: { login: 'app_admin', password: 'env:TEST_ADMIN', allow: { groups: ['ci'] } },
        readonly: {
          login: 'app_readonly',
          password: 'env:TEST_READONLY',
          allow: { groups: ['ci', 'reports'] },
        },
      },
    },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await issuer?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['github-actions', githubJob, undefined, 'app_admin', 'workload:deploy', { ref: 'refs/heads/feature' }],
  [
    'kubernetes',
    pod,
    'https://kubernetes.default.svc.cluster.local',
    'app_readonly',
    'workload:reports',
    { sub: 'system:serviceaccount:default:runner' },
  ],
] as const)('the recipe for %s', (name, claims, iss, login, person, other) => {
  const ask = async (said: Readonly<Record<string, unknown>>) => {
    const { request } = recipes.get(name) ?? { request: {} };
    const subject_token = await issuer.sign(iss === undefined ? said : { ...said, iss });
    return await gateway.post('token', { ...request, subject_token });
  };

  test('gets a token that opens the database as the role, under the name of the workload', async () => {
    const { status, body } = await ask(claims);
    expect({ status, body }).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    const { stdout } = await psql(gateway, { token: String(body.access_token) }, 'select session_user');
    expect(stdout).toBe(login);
    const audit = await gateway.operator('audit', 'export');
    expect(audit.stdout).toContain(person);
    expect(audit.stdout).toContain(claims.sub);
  });

  test('gives a pod or job of anybody else nothing', async () => {
    expect(await ask({ ...claims, ...other })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  test('ends with the workload: an operator disables it, and neither its token nor a new one opens anything', async () => {
    const { body } = await ask({ ...claims, jti: 'another' });
    await gateway.operator('users', 'disable', person);
    const token = String(body.access_token);
    expect((await psql(gateway, { token }, 'select 1')).stderr).toContain(
      'This access token is not valid any more',
    );
    expect(await ask({ ...claims, jti: 'third' })).toMatchObject({ status: 400 });
  });
});
