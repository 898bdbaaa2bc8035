import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AwsAnswer,
  awsEnvironment,
  awsKeys,
  startAws,
  type TestAws,
} from '../../../../../../tests/support/aws.ts';
import { testDatabase } from '../../../../../../tests/support/engine-door.ts';
import type { AwsAccess, Role } from '../../../core/index.ts';
import { refusalOf } from '../../../core/testing/index.ts';
import type { LoginGrantee } from './login-grantee.ts';
import { TemporaryLogins } from './temporary-logins.ts';

let aws: TestAws;
let now = Date.now();
let logins: TemporaryLogins;

beforeAll(async () => {
  for (const [name, value] of Object.entries(awsEnvironment)) vi.stubEnv(name, value);
  aws = await startAws();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.stop();
});
beforeEach(() => {
  now = Date.now();
  logins = new TemporaryLogins({ now: () => now, monotonic: () => now });
});
afterEach(() => {
  aws.calls.splice(0);
  for (const action of ['GetClusterCredentials', 'GetClusterCredentialsWithIAM', 'GetCredentials']) {
    aws.handlers.delete(action);
  }
});

const cluster: Partial<AwsAccess> = { warehouse: { kind: 'cluster', identifier: 'sales' } };
const workgroup: Partial<AwsAccess> = { warehouse: { kind: 'workgroup', name: 'adhoc' }, loginAs: 'iam' };

interface Given {
  readonly access?: Partial<AwsAccess>;
  readonly role?: Partial<Role>;
  readonly host?: string;
  readonly method?: string;
  readonly subject?: string;
}

function grantee(given: Given = {}): LoginGrantee {
  const access: AwsAccess = {
    region: 'eu-central-1',
    warehouse: { kind: 'cluster', identifier: 'sales' },
    loginAs: 'role',
    autoCreate: false,
    durationMs: 900_000,
    endpoint: aws.endpoint,
    ...given.access,
  };
  const database = {
    ...testDatabase({ host: given.host ?? '127.0.0.1', port: 5439, engine: 'redshift' }, 'analyst'),
    upstreamName: 'dev',
    aws: access,
  };
  const [role] = database.roles;
  if (role === undefined) throw new TypeError('a database has roles');
  const { method = 'local', subject = 'ann@example.com' } = given;
  return {
    database,
    role: { ...role, ...given.role },
    principal: { method, subject, displayName: 'Ann', groups: [], claims: {} },
  };
}

/** All candidates, as `login password`. */
async function candidates(of: LoginGrantee): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { login, password } of logins.candidates(of, 'r-1')) {
    found.push(`${login} ${password?.reveal()}`);
  }
  return found;
}

/** The first candidate; what a session takes that logs in at once. */
async function first(of: LoginGrantee = grantee()): Promise<string> {
  for await (const { login, password } of logins.candidates(of, 'r-1'))
    return `${login} ${password?.reveal()}`;
  throw new Error('no candidate');
}

/** Answers with a new password each time, good for `seconds`. */
function issue(action: string, login: string, seconds = 900): void {
  let count = 0;
  aws.handlers.set(action, () => {
    count += 1;
    const Expiration = new Date(now + seconds * 1000).toISOString();
    const password = `pw${count}`;
    const answer: AwsAnswer =
      action === 'GetCredentials'
        ? { output: { dbUser: login, dbPassword: password, expiration: (now + seconds * 1000) / 1000 } }
        : { output: { DbUser: login, DbPassword: password, Expiration } };
    return answer;
  });
}

describe('a login that AWS issues', () => {
  test('is asked for the login of the role, with the groups that it joins, and used as AWS gave it', async () => {
    issue('GetClusterCredentials', 'IAM:analyst');
    const of = grantee({ access: cluster, role: { dbGroups: ['readers', 'reports'] } });
    expect(await candidates(of)).toEqual(['IAM:analyst pw1']);
    expect(aws.calls).toEqual([
      {
        action: 'GetClusterCredentials',
        service: 'redshift',
        region: 'eu-central-1',
        accessKeyId: awsKeys.accessKeyId,
        input: {
          Version: '2012-12-01',
          DbUser: 'analyst',
          DbName: 'dev',
          ClusterIdentifier: 'sales',
          DurationSeconds: '900',
          AutoCreate: 'false',
          'DbGroups.DbGroup.1': 'readers',
          'DbGroups.DbGroup.2': 'reports',
        },
      },
    ]);
  });

  test('is asked for the person, under the name of the method that proved them', async () => {
    issue('GetClusterCredentials', 'IAMA:corp.ann');
    const of = grantee({ access: { loginAs: 'person', autoCreate: true }, method: 'corp', subject: 'ann' });
    expect(await first(of)).toBe('IAMA:corp.ann pw1');
    expect(aws.calls[0]?.input).toMatchObject({ DbUser: 'corp.ann', AutoCreate: 'true' });
  });

  test('is asked for whoever the AWS identity is to the cluster', async () => {
    issue('GetClusterCredentialsWithIAM', 'IAMR:analysts');
    expect(await first(grantee({ access: { loginAs: 'iam' } }))).toBe('IAMR:analysts pw1');
    expect(aws.calls[0]?.input).toEqual({
      Version: '2012-12-01',
      DbName: 'dev',
      ClusterIdentifier: 'sales',
      DurationSeconds: '900',
    });
  });

  test('is asked of a serverless workgroup', async () => {
    issue('GetCredentials', 'IAM:grantway');
    expect(await first(grantee({ access: workgroup }))).toBe('IAM:grantway pw1');
    expect(aws.calls).toMatchObject([
      {
        service: 'redshift-serverless',
        input: { workgroupName: 'adhoc', dbName: 'dev', durationSeconds: 900 },
      },
    ]);
  });

  test('is asked as the AWS role of the role, in a session that carries the person’s name', async () => {
    issue('GetClusterCredentials', 'IAM:analyst');
    const awsRole = 'arn:aws:iam::123456789012:role/analysts';
    await first(grantee({ role: { awsRole } }));
    expect(aws.calls.map(({ action, accessKeyId }) => [action, accessKeyId])).toEqual([
      ['AssumeRole', awsKeys.accessKeyId],
      ['GetClusterCredentials', expect.stringMatching(/^ASIA/)],
    ]);
    expect(aws.calls[0]?.input).toMatchObject({ RoleArn: awsRole, RoleSessionName: 'local.ann@example.com' });
  });

  test('names two people apart in AWS, also where their names have letters that AWS does not take', async () => {
    issue('GetClusterCredentials', 'IAM:analyst');
    const awsRole = 'arn:aws:iam::123456789012:role/analysts';
    for (const subject of ['ann ex', 'ann_ex', 'ann/ex', 'x'.repeat(80), `${'x'.repeat(80)}y`]) {
      await first(grantee({ role: { awsRole }, subject }));
    }
    const names = aws.calls
      .filter(({ action }) => action === 'AssumeRole')
      .map(({ input }) => String(input.RoleSessionName));
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
  });

  test('is none where the AWS identity itself is the proof', async () => {
    expect(await candidates(grantee({ host: '' }))).toEqual(['analyst undefined']);
    expect(aws.calls).toEqual([]);
  });

  const unfit = ['Ann@example.com', 'ann:admin', 'ann/admin', 'änn', 'a'.repeat(64), 'ann "x"'];
  test.each(unfit)(
    'is refused to a person named %j, whom Redshift could take for another',
    async (subject) => {
      const refusal = await refusalOf(first(grantee({ access: { loginAs: 'person' }, subject })));
      expect(refusal.code).toBe('upstream_refused_login');
      expect(String(refusal.cause)).toMatch(/can be no user of Redshift/);
      expect(aws.calls).toEqual([]);
    },
  );
});

describe('keeping a login', () => {
  test('asks AWS once for any number of sessions that begin together', async () => {
    issue('GetClusterCredentials', 'IAM:analyst');
    const all = await Promise.all(Array.from({ length: 200 }, () => first()));
    expect(new Set(all)).toEqual(new Set(['IAM:analyst pw1']));
    expect(aws.calls).toHaveLength(1);
  });

  test('uses it until shortly before it ends, and then a fresh one', async () => {
    issue('GetClusterCredentials', 'IAM:analyst', 900);
    expect(await first()).toBe('IAM:analyst pw1');
    now += 839_000;
    expect(await first()).toBe('IAM:analyst pw1');
    now += 2_000;
    expect(await first()).toBe('IAM:analyst pw2');
  });

  test('asks once for each refresh, under load, while it ends again and again', async () => {
    issue('GetClusterCredentials', 'IAM:analyst', 900);
    for (let round = 1; round <= 10; round += 1) {
      const all = await Promise.all(Array.from({ length: 50 }, () => first()));
      expect(new Set(all)).toEqual(new Set([`IAM:analyst pw${round}`]));
      now += 850_000;
    }
    expect(aws.calls).toHaveLength(10);
  });

  test('gets a fresh one when the server refuses the kept one, once', async () => {
    issue('GetClusterCredentials', 'IAM:analyst');
    await first();
    expect(await candidates(grantee())).toEqual(['IAM:analyst pw1', 'IAM:analyst pw2']);
    expect(await first()).toBe('IAM:analyst pw2');
  });

  test('never gives one person the login of another', async () => {
    issue('GetClusterCredentials', 'IAM:somebody');
    const of = (subject: string) => grantee({ access: { loginAs: 'person' }, subject });
    expect(await first(of('ann'))).not.toBe(await first(of('bob')));
    expect(aws.calls.map(({ input }) => input.DbUser)).toEqual(['local.ann', 'local.bob']);
  });

  test('never gives a role the login of another, whatever they have in common', async () => {
    issue('GetClusterCredentials', 'IAM:analyst');
    await first(grantee({ role: { dbGroups: ['readers'] } }));
    await first(grantee({ role: { dbGroups: ['writers'] } }));
    await first(grantee({ access: { autoCreate: true } }));
    expect(aws.calls).toHaveLength(3);
  });

  test('keeps no failure', async () => {
    aws.handlers.set('GetClusterCredentials', () => ({ error: 'AccessDenied', status: 403 }));
    await refusalOf(first());
    issue('GetClusterCredentials', 'IAM:analyst');
    expect(await first()).toBe('IAM:analyst pw1');
  });

  test('does not let a failure of many sessions ask many times', async () => {
    aws.handlers.set('GetClusterCredentials', () => ({ error: 'AccessDenied', status: 403 }));
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => first()));
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(aws.calls).toHaveLength(1);
  });
});

describe('AWS that does not issue a login', () => {
  const errors: readonly [error: string, code: string, says: RegExp][] = [
    ['AccessDenied', 'upstream_refused_login', /lacks the permission/],
    ['UnauthorizedOperation', 'upstream_refused_login', /lacks the permission/],
    ['ClusterNotFound', 'upstream_refused_login', /no such cluster/],
    ['UnsupportedOperation', 'upstream_refused_login', /AWS refused/],
    ['ExpiredToken', 'upstream_refused_login', /no AWS identity that is valid/],
    ['InvalidClientTokenId', 'upstream_refused_login', /no AWS identity that is valid/],
    ['SomethingNew', 'upstream_refused_login', /AWS refused \(SomethingNew/],
  ];
  test.each(errors)(
    'for %s is told apart, and AWS’s words go to the log alone',
    async (error, code, says) => {
      aws.handlers.set('GetClusterCredentials', () => ({
        error,
        message: 'arn:aws:iam::1:user/x is secret',
      }));
      const refusal = await refusalOf(first());
      expect(refusal.code).toBe(code);
      expect(refusal.message).not.toMatch(/arn:/);
      expect(String(refusal.cause)).toMatch(says);
      expect(String(refusal.cause)).toMatch(/redshift:GetClusterCredentials.*arn:aws/);
      expect(aws.calls).toHaveLength(1);
    },
  );

  const serverless: readonly [error: string, code: string, says: RegExp][] = [
    ['AccessDeniedException', 'upstream_refused_login', /lacks the permission/],
    ['ResourceNotFoundException', 'upstream_refused_login', /no such cluster, workgroup/],
    ['ValidationException', 'upstream_refused_login', /does not take this call/],
  ];
  test.each(serverless)('for %s of a workgroup is told apart', async (error, code, says) => {
    aws.handlers.set('GetCredentials', () => ({ error }));
    const refusal = await refusalOf(first(grantee({ access: workgroup })));
    expect(refusal.code).toBe(code);
    expect(String(refusal.cause)).toMatch(says);
  });

  test('for a role that may not be assumed says that the permission is missing', async () => {
    const own = aws.handlers.get('AssumeRole');
    aws.handlers.set('AssumeRole', () => ({ error: 'AccessDenied', status: 403 }));
    const refusal = await refusalOf(
      first(grantee({ role: { awsRole: 'arn:aws:iam::123456789012:role/other' } })),
    );
    if (own !== undefined) aws.handlers.set('AssumeRole', own);
    expect(refusal.code).toBe('upstream_refused_login');
    expect(String(refusal.cause)).toMatch(/lacks the permission/);
  });

  test('is tried again with back-off when it throttles, and then taken', async () => {
    issue('GetClusterCredentials', 'IAM:analyst');
    const right = aws.handlers.get('GetClusterCredentials');
    let tries = 0;
    aws.handlers.set('GetClusterCredentials', (call) => {
      tries += 1;
      return tries < 3 || right === undefined
        ? { error: 'Throttling', message: 'Rate exceeded' }
        : right(call);
    });
    expect(await first()).toBe('IAM:analyst pw1');
    expect(tries).toBe(3);
  });

  test('is given up after four tries when it goes on to throttle, as something that passes', async () => {
    aws.handlers.set('GetClusterCredentials', () => ({ error: 'Throttling', message: 'Rate exceeded' }));
    const refusal = await refusalOf(first());
    expect(refusal.code).toBe('upstream_unreachable');
    expect(String(refusal.cause)).toMatch(/throttles/);
    expect(aws.calls).toHaveLength(4);
  });

  const lost: readonly [what: string, answer: AwsAnswer][] = [
    ['an error of its own', { error: 'InternalFailure', status: 500 }],
    ['an ended connection', 'hang_up'],
  ];
  test.each(lost)('for %s is unreachable', async (_, answer) => {
    aws.handlers.set('GetClusterCredentials', () => answer);
    expect((await refusalOf(first())).code).toBe('upstream_unreachable');
  });

  test('at an address where nobody listens is unreachable', async () => {
    const refusal = await refusalOf(first(grantee({ access: { endpoint: 'http://127.0.0.1:1' } })));
    expect(refusal.code).toBe('upstream_unreachable');
  });

  const nonsense: readonly [what: string, answer: AwsAnswer][] = [
    ['no user', { output: { DbPassword: 'x', Expiration: new Date().toISOString() } }],
    ['no password', { output: { DbUser: 'x', Expiration: new Date().toISOString() } }],
    ['no end', { output: { DbUser: 'x', DbPassword: 'y' } }],
    ['nothing', { raw: '' }],
    ['HTML', { raw: '<html><body>Captive portal</body>' }],
  ];
  test.each(nonsense)('but answers with %s is refused', async (_, answer) => {
    aws.handlers.set('GetClusterCredentials', () => answer);
    const refusal = await refusalOf(first());
    expect(['upstream_refused_login', 'upstream_unreachable']).toContain(refusal.code);
  });

  test('since the signature is wrong says that the identity is not valid', async () => {
    aws.keys.set(awsKeys.accessKeyId, { secret: 'rotated' });
    const refusal = await refusalOf(first());
    aws.keys.set(awsKeys.accessKeyId, { secret: awsKeys.secretAccessKey });
    expect(String(refusal.cause)).toMatch(/no AWS identity that is valid/);
    expect(aws.calls).toEqual([]);
  });

  test('for a gateway without any AWS identity says so', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const refusal = await refusalOf(first());
    vi.stubEnv('AWS_ACCESS_KEY_ID', awsKeys.accessKeyId);
    expect(refusal.code).toBe('upstream_refused_login');
    expect(String(refusal.cause)).toMatch(/no AWS identity that is valid/);
  });
});
