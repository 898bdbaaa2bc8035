import { generateSync } from 'otplib';
import { newId } from '../../../packages/server/src/core/index.ts';
import type { AuthorizationRequest, TestGateway } from '../../support/gateway.ts';
import type { Place } from '../../support/secret-search.ts';
import { signInAtProvider } from '../../support/sign-in-at-provider.ts';
import { developAnApplication, keepTokensInAnApplication } from './applications.ts';
import { useDoors } from './doors.ts';
import { operate } from './operate.ts';
import { pageOf } from './pages.ts';
import type { SecretsOfALife } from './secrets-of-a-life.ts';
import type { Hear, Surroundings } from './surroundings.ts';

const offline = { scope: 'db:authdb:readonly openid offline_access', prompt: 'consent' };

/** Everything that a gateway is used for, once each, with the usual mistakes. Gives what programs and doors said. */
export async function liveALife(around: Surroundings, secrets: SecretsOfALife): Promise<readonly Place[]> {
  const said: Place[] = [];
  const hear: Hear = (name, content) => {
    said.push({ name, content: typeof content === 'string' ? content : JSON.stringify(content) });
  };

  const tokens = await obtainTokens(around, secrets);
  await useEndpoints(around.gateway, tokens);
  await authorizeADevice(around.gateway, secrets);
  await signInWithASecondFactor(around.gateway, secrets);
  await signInElsewhere(around, secrets);
  await keepTokensInAnApplication(around, secrets);
  await developAnApplication(around.gateway, secrets);
  await useDoors(around, secrets, tokens.access, hear);
  await useTokensTwice(around.gateway, tokens);
  await operate(around.gateway, secrets, hear);
  return said;
}

interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly spentRefresh: string;
  readonly spentCode: string;
  readonly asked: AuthorizationRequest;
}

/** Wrong and right passwords, consent, a code, a refresh, and both of them a second time. */
async function obtainTokens({ gateway }: Surroundings, secrets: SecretsOfALife): Promise<Tokens> {
  const person = gateway.person('viewer');
  const asked = gateway.request({ ...offline, client_id: 'backend' });
  secrets.remember('the PKCE verifier', asked.verifier);
  let at = await pageOf(person.open(asked.url));
  at = await pageOf(person.signIn(at, secrets.remember('a wrong password', `wrong ${newId()}`)));
  // The mistake that everybody makes once: the password in the field above.
  const misplaced = secrets.remember('a password in the wrong field', `misplaced ${newId()}`);
  at = await pageOf(person.submit(at, { username: misplaced, password: 'x' }));
  at = await pageOf(person.signIn(at));
  const end = await person.submit(at, { decision: 'allow' });
  if (end.kind === 'page') throw new Error(`no code:\n${end.html}`);
  const code = secrets.remember('an authorization code', end.to.searchParams.get('code'));

  const redeem = { grant_type: 'authorization_code', code, redirect_uri: asked.redirectUri };
  const exact = { ...redeem, code_verifier: asked.verifier };
  const wrongSecret = secrets.remember('a wrong client secret', newId());
  await gateway.post('token', { ...exact, client_id: 'backend', client_secret: wrongSecret });
  const asBackend = { client_id: 'backend', client_secret: gateway.clientSecret };
  const first = await gateway.post('token', { ...exact, ...asBackend });
  const spentRefresh = secrets.rememberFrom('a spent refresh token', first, 'refresh_token');
  secrets.rememberFrom('a first access token', first, 'access_token');
  secrets.rememberFrom('an ID token', first, 'id_token');
  const again = { grant_type: 'refresh_token', refresh_token: spentRefresh, ...asBackend };
  const second = await gateway.post('token', again);
  return {
    access: secrets.rememberFrom('an access token', second, 'access_token'),
    refresh: secrets.rememberFrom('a refresh token', second, 'refresh_token'),
    spentRefresh,
    spentCode: code,
    asked,
  };
}

/** Every endpoint that takes a token, and every place where one does not belong. */
async function useEndpoints(gateway: TestGateway, tokens: Tokens): Promise<void> {
  const asBackend = { client_id: 'backend', client_secret: gateway.clientSecret };
  await gateway.post('introspect', { ...asBackend, token: tokens.access });
  await gateway.post('introspect', { ...asBackend, token: tokens.refresh });
  await gateway.post('introspect', { client_id: 'backend', client_secret: 'wrong', token: tokens.access });

  const api = `${gateway.issuer}/api/v1`;
  const ask = async (path: string, token: string, body?: unknown) => {
    await fetch(`${api}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  await ask('/me', tokens.access);
  await ask('/me', tokens.refresh);
  await ask(`/me?access_token=${tokens.access}`, 'wrong');
  await ask('/databases/authdb/query', tokens.access, { statement: 'select 1' });
  await ask('/databases/authdb/query', tokens.access, { statement: 'select nonsense' });
  await ask('/databases/authdb/query', tokens.access, { statement: 'select 1', [tokens.access]: 1 });
  await ask('/databases/authdb/query', tokens.refresh, { statement: 'select 1' });
  await ask(`/databases/${tokens.access}/query`, tokens.access, { statement: 'select 1' });

  for (const [name, value] of [
    ['client_secret', gateway.clientSecret],
    ['scope', `db:authdb:${tokens.access}`],
    ['redirect_uri', `https://app.example/${tokens.access}`],
    ['client_id', tokens.refresh],
    ['resource', `${gateway.issuer}/db/${tokens.access}`],
    ['prompt', tokens.access],
    ['code_challenge_method', tokens.access],
    ['response_mode', tokens.access],
  ] as const) {
    const misplaced = new URL(tokens.asked.url);
    misplaced.searchParams.set(name, value);
    for (const accept of ['text/html', 'application/json'])
      await fetch(misplaced, { redirect: 'manual', headers: { accept } });
  }
  await gateway.post('token', { grant_type: tokens.refresh, ...asBackend });
  const renewed = { grant_type: 'refresh_token', refresh_token: tokens.access, ...asBackend };
  await gateway.post('token', { ...renewed, scope: `db:authdb:${tokens.access}` });
  await gateway.post('token', { ...renewed, resource: `${gateway.issuer}/db/${tokens.access}` });
  await gateway.post('device', { client_id: 'psql', scope: `db:${tokens.access}` });
  await gateway.post('device', { client_id: tokens.access, scope: 'db:authdb' });
  await gateway.post('revoke', { client_id: tokens.access, token: tokens.access });
  await gateway.post(tokens.access, {});
}

/** What a thief would do, which ends everything of the consent; then a revocation of what is over already. */
async function useTokensTwice(gateway: TestGateway, tokens: Tokens): Promise<void> {
  const asBackend = { client_id: 'backend', client_secret: gateway.clientSecret };
  const { asked, spentCode, spentRefresh } = tokens;
  const code = { code: spentCode, code_verifier: asked.verifier, redirect_uri: asked.redirectUri };
  await gateway.post('token', { grant_type: 'authorization_code', ...code, ...asBackend });
  await gateway.post('token', { grant_type: 'refresh_token', refresh_token: spentRefresh, ...asBackend });
  await gateway.post('revoke', { token: tokens.refresh, ...asBackend });
  await gateway.post('revoke', { token: tokens.access, ...asBackend });
}

async function authorizeADevice(gateway: TestGateway, secrets: SecretsOfALife): Promise<void> {
  const started = await gateway.post('device', { client_id: 'psql', scope: 'db:authdb:readonly' });
  const deviceCode = secrets.rememberFrom('a device code', started, 'device_code');
  const poll = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'psql',
    device_code: deviceCode,
  };
  await gateway.post('token', poll);
  const person = gateway.person('viewer');
  let at = await pageOf(person.open(String(started.body.verification_uri)));
  at = await pageOf(person.submit(at, { user_code: String(started.body.user_code) }));
  for (let step = 0; step < 4; step++) {
    if (at.html.includes('name="password"')) at = await pageOf(person.signIn(at));
    else if (at.html.includes('name="decision"')) at = await pageOf(person.submit(at, { decision: 'allow' }));
    else if (at.html.includes('name="confirm"')) at = await pageOf(person.submit(at, { confirm: 'yes' }));
  }
  const answer = await gateway.post('token', poll);
  secrets.rememberFrom('the token of a device', answer, 'access_token');
  await gateway.post('token', poll);
}

async function signInWithASecondFactor(gateway: TestGateway, secrets: SecretsOfALife): Promise<void> {
  const person = gateway.person('admin');
  await person.home();
  const page = await pageOf(person.open('/factors/app'));
  const shown = /<code class="key">([^<]*)</.exec(page.html)?.[1];
  secrets.remember('the key of an app, as it is shown', shown);
  const key = secrets.remember('the key of an app', shown?.replaceAll(' ', ''));
  const done = await pageOf(person.submit(page, { code: generateSync({ secret: key }) }));
  const codes = await pageOf(person.press(done, /recovery-codes$/));
  const [recovery] = /(?<=<li><code>)[a-z2-7-]{19}/.exec(codes.html) ?? [];
  secrets.remember('a recovery code', recovery);
  const elsewhere = gateway.person('admin');
  let at = await pageOf(elsewhere.signIn(await pageOf(elsewhere.open('/sign-in'))));
  at = await pageOf(elsewhere.submit(at, { code: '123456' }));
  await elsewhere.submit(at, { code: recovery ?? '' });
}

async function signInElsewhere({ gateway, provider }: Surroundings, secrets: SecretsOfALife): Promise<void> {
  const there = await signInAtProvider(gateway, provider, { sub: 'jane', name: 'Jane', groups: ['editor'] });
  secrets.remember('an access token after a foreign sign-in', there.accessToken);
  const renewed = { grant_type: 'refresh_token', client_id: 'app', refresh_token: there.refreshToken };
  const answer = await gateway.post('token', renewed);
  secrets.rememberFrom('its refresh token', answer, 'refresh_token');
  for (const token of provider.tokens) secrets.remember('a token of the provider', token);
}
