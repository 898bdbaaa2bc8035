import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../requirements.ts';
import { readAnswer, startGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

describe.each(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])(
  '%s',
  (path) => {
    const load = async () => await readAnswer(await fetch(gateway.issuer + path));

    test(
      verifies(
        ['rfc8414-3-published', 'rfc8414-3.1-get', 'rfc8414-3.2-json', 'rfc8414-2-required-members'],
        'is JSON with every member that a client needs',
      ),
      async () => {
        const { status, headers, body } = await load();
        expect(status).toBe(200);
        expect(headers.get('content-type')).toMatch(/^application\/json/);
        expect(body).toMatchObject({
          issuer: gateway.issuer,
          authorization_endpoint: `${gateway.issuer}/oauth/authorize`,
          token_endpoint: `${gateway.issuer}/oauth/token`,
          revocation_endpoint: `${gateway.issuer}/oauth/revoke`,
          introspection_endpoint: `${gateway.issuer}/oauth/introspect`,
          device_authorization_endpoint: expect.stringMatching(`^${gateway.issuer}/oauth/`),
          userinfo_endpoint: `${gateway.issuer}/oauth/userinfo`,
          jwks_uri: `${gateway.issuer}/oauth/jwks`,
          response_types_supported: ['code'],
        });
      },
    );

    test(
      verifies(
        ['rfc8414-3.3-issuer', 'rfc9207-2.3-issuer-in-metadata', 'rfc9207-2.3-support-told'],
        'names the issuer exactly, and says that answers carry it',
      ),
      async () => {
        const { body } = await load();
        expect(body.issuer).toBe(gateway.issuer);
        expect(body.authorization_response_iss_parameter_supported).toBe(true);
      },
    );

    test(verifies('rfc8414-3.2-no-empty-claims', 'has no empty list'), async () => {
      const { body } = await load();
      const empty = Object.entries(body).filter(([, value]) => Array.isArray(value) && value.length === 0);
      expect(empty).toEqual([]);
    });

    test(
      verifies(
        ['oauth21-7.10-challenge-methods-told', 'rfc7636-4.2-s256'],
        'offers S256 and nothing weaker, and no grant that OAuth 2.1 took out',
      ),
      async () => {
        const { body } = await load();
        expect(body.code_challenge_methods_supported).toEqual(['S256']);
        expect([...(body.grant_types_supported as string[])].sort()).toEqual([
          'authorization_code',
          'client_credentials',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:device_code',
          'urn:ietf:params:oauth:grant-type:jwt-bearer',
          'urn:ietf:params:oauth:grant-type:token-exchange',
        ]);
      },
    );

    test('is not given to a request for another host, so that nobody is led elsewhere', async () => {
      const { status, text } = await requestWithHost(path, 'evil.example');
      expect(status).toBe(421);
      expect(text).not.toContain('evil.example');
    });
  },
);

/** `fetch` sets the Host header by itself, so this goes below it. */
function requestWithHost(path: string, host: string): Promise<{ status: number | undefined; text: string }> {
  const { hostname, port } = new URL(gateway.issuer);
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, path, headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    call.on('error', reject).end();
  });
}
