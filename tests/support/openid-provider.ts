import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { freePort } from '../../packages/server/src/demo/free-port.ts';

/** Somebody whom the provider knows. */
export interface ProvidedPerson {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** An OpenID provider as strangers run one: `oidc-provider` in a default shape, which signs people in without asking. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in next; undefined: the person says no. */
  person: ProvidedPerson | undefined;
  /** What it says of the next sign-in itself. */
  signInWords: { readonly amr?: string[]; readonly acr?: string };
  /** Registers where browsers are sent back to, in place of what was registered before. Whoever was signed in is not any more, and no token of before is good. */
  sendBackTo(redirectUri: string): void;
  /** Takes the browser's part: from the address that Grantway sent it to, to the one it comes back to. */
  visit(authorization: URL): Promise<URL>;
  /** Answers 503 to everything while it is true. */
  down: boolean;
  /** How long access tokens of a named audience last, in seconds. */
  tokenSeconds: number;
  /** How often tokens were asked for. */
  readonly tokenRequests: number;
  /** Tells Grantway over the back channel that a person signed out; gives the status of its answer. */
  signOut(sub: string): Promise<number>;
  /** The same of the session that signed in last, by the session's id alone. */
  signOutLastSession(): Promise<number>;
  /** Every token that it gave, oldest first. */
  readonly tokens: readonly string[];
  /** The logout token that {@link signOut} sent last, for sending it again. */
  readonly lastLogoutToken: () => string;
  stop(): Promise<void>;
}

export interface OpenIdProviderOptions {
  /** Where the groups stand: in the ID token (the default), or only in userinfo. */
  readonly groupsIn?: 'id_token' | 'userinfo';
  /** Whom access tokens are meant for: then they are JWTs, and each refresh token is good for one use. */
  readonly audience?: string;
}

/** What a token for another audience is good for. */
const resourceScope = 'warehouse';

/** A method of the library's clients that its types leave out. */
interface BackChannelClient {
  backchannelLogout(sub: string | undefined, sid: string): Promise<void>;
}

/** Starts it on loopback; it knows Grantway after {@link OpenIdProvider.sendBackTo}. */
export async function startOpenIdProvider({
  groupsIn = 'id_token',
  audience,
}: OpenIdProviderOptions = {}): Promise<OpenIdProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const clientId = 'grantway';
  const clientSecret = 'a secret of at least thirty-two bytes';
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const signingKey = await exportJWK(privateKey);
  const self: Pick<OpenIdProvider, 'person' | 'down' | 'tokenSeconds' | 'signInWords'> & {
    tokenRequests: number;
  } = {
    person: undefined,
    down: false,
    signInWords: {},
    tokenSeconds: 600,
    tokenRequests: 0,
  };
  const tokens: string[] = [];
  let logoutToken = '';
  let logoutStatus = 0;
  let lastSessionId = '';
  let current: Provider | undefined;

  async function sendLogout(sub: string | undefined, sid: string): Promise<number> {
    const client = await current?.Client.find(clientId);
    await (client as unknown as BackChannelClient).backchannelLogout(sub, sid);
    return logoutStatus;
  }

  const configuration = (redirectUri: string): Configuration => ({
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        post_logout_redirect_uris: [new URL('/sign-out/done', redirectUri).href],
        backchannel_logout_uri: redirectUri.replace('/sign-in/callback/', '/sign-out/back-channel/'),
        backchannel_logout_session_required: true,
      },
    ],
    claims: {
      openid: ['sub', 'amr', 'acr'],
      profile: ['name'],
      email: ['email'],
      groups: ['groups', '_claim_names'],
    },
    scopes: ['openid', 'profile', 'email', 'groups', resourceScope],
    // The library's own default keeps all but sub for userinfo.
    conformIdTokenClaims: groupsIn === 'userinfo',
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      ...(audience === undefined
        ? {}
        : {
            resourceIndicators: {
              enabled: true,
              defaultResource: () => audience,
              useGrantedResource: () => true,
              getResourceServerInfo: () => ({
                scope: resourceScope,
                audience,
                accessTokenFormat: 'jwt',
                accessTokenTTL: self.tokenSeconds,
              }),
            },
          }),
    },
    ...(audience === undefined ? {} : { rotateRefreshToken: true }),
    issueRefreshToken: () => true,
    fetch: async (url, options) => {
      const body = options?.body;
      logoutToken = body instanceof URLSearchParams ? (body.get('logout_token') ?? '') : '';
      // The library's own dispatcher refuses addresses of this machine.
      const { dispatcher: _, ...rest } = { dispatcher: undefined, ...options };
      const answer = await fetch(url, rest);
      logoutStatus = answer.status;
      return answer;
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, sub) =>
      self.person === undefined ? undefined : { accountId: sub, claims: () => ({ ...self.person, sub }) },
    cookies: { keys: ['only for tests'] },
    jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'RS256' }] },
  });
  // Nobody is asked anything: the next person is signed in, and has agreed.
  const agreeing =
    (provider: Provider): Parameters<Provider['use']>[0] =>
    async (ctx, next) => {
      if (!ctx.path.startsWith('/interaction/')) return next();
      const { person } = self;
      const { prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
      if (person === undefined) {
        return provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied' });
      }
      if (prompt.name === 'login') {
        return provider.interactionFinished(ctx.req, ctx.res, {
          login: { accountId: person.sub, ...self.signInWords },
        });
      }
      const grant = new provider.Grant({ accountId: person.sub, clientId });
      grant.addOIDCScope(String(params.scope));
      if (audience !== undefined) grant.addResourceScope(audience, resourceScope);
      const consent = { grantId: await grant.save() };
      return provider.interactionFinished(ctx.req, ctx.res, { consent }, { mergeWithLastSubmission: true });
    };
  let answer: RequestListener = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => {
    if (request.url === '/token') self.tokenRequests += 1;
    return self.down ? response.writeHead(503).end() : answer(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return Object.assign(self, {
    issuer,
    clientId,
    clientSecret,
    tokens,
    sendBackTo(redirectUri: string): void {
      const provider = new Provider(issuer, configuration(redirectUri));
      provider.use(agreeing(provider));
      provider.on('authorization.success', ({ oidc }) => {
        lastSessionId = oidc.session?.sidFor(clientId) ?? '';
      });
      provider.on('grant.success', ({ body }) => {
        const { access_token, refresh_token, id_token } = body as Readonly<Record<string, unknown>>;
        for (const token of [access_token, refresh_token, id_token]) {
          if (typeof token === 'string') tokens.push(token);
        }
      });
      answer = provider.callback();
      current = provider;
    },
    signOut: (sub: string) => sendLogout(sub, 'a session of theirs'),
    signOutLastSession: () => sendLogout(undefined, lastSessionId),
    lastLogoutToken: () => logoutToken,
    async visit(authorization: URL): Promise<URL> {
      const cookies = new Map<string, string>();
      let at = authorization;
      for (let steps = 0; steps < 10; steps += 1) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const answer = await fetch(at, { redirect: 'manual', headers: { cookie } });
        for (const line of answer.headers.getSetCookie()) {
          const [pair = ''] = line.split(';');
          cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
        }
        const location = answer.headers.get('location');
        if (location === null) throw new Error(`the provider stopped at ${at}:\n${await answer.text()}`);
        at = new URL(location, at);
        if (at.origin !== issuer) return at;
      }
      throw new Error('the provider did not send the browser back');
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
