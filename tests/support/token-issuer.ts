import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';

/**
 * An issuer of tokens as CI services and clusters have one: metadata, keys, and signed claims. A stand-in, because no
 * real one signs what a test wants, least of all lies.
 */
export interface TokenIssuer {
  readonly issuer: string;
  readonly publicJwk: JWK;
  /** How often its keys were read. */
  readonly reads: number;
  /** `down` answers 503 to everything. */
  state: 'up' | 'down';
  /** Signs with the key that it publishes, or another one. */
  sign(claims: Readonly<Record<string, unknown>>, changes?: SigningChanges): Promise<string>;
  /** Makes a new key, which it publishes from now on in place of the old one. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

export interface SigningChanges {
  readonly header?: Partial<JWTHeaderParameters>;
  readonly key?: CryptoKey;
}

/** With `bareKeys` it publishes keys without their algorithm and use, as the standard allows. */
export async function startTokenIssuer({
  bareKeys = false,
}: {
  readonly bareKeys?: boolean;
} = {}): Promise<TokenIssuer> {
  let reads = 0;
  let generation = 1;
  let pair = await generateKeyPair('RS256', { extractable: true });
  let publicJwk = await exportJWK(pair.publicKey);
  const kid = () => `key-${generation}`;
  const server = createServer((request, response) => {
    if (self.state === 'down') {
      response.writeHead(503).end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: self.issuer, jwks_uri: `${self.issuer}/keys` }));
    } else if (request.url === '/keys') {
      reads += 1;
      const use = bareKeys ? {} : { alg: 'RS256', use: 'sig' };
      response.end(JSON.stringify({ keys: [{ ...publicJwk, kid: kid(), ...use }] }));
    } else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: TokenIssuer = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get publicJwk() {
      return publicJwk;
    },
    get reads() {
      return reads;
    },
    state: 'up',
    sign(claims, { header = {}, key = pair.privateKey } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const said = { iss: self.issuer, iat: now, exp: now + 300, ...claims };
      const kept = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
      return new SignJWT(kept).setProtectedHeader({ alg: 'RS256', kid: kid(), ...header }).sign(key);
    },
    async rotate() {
      pair = await generateKeyPair('RS256', { extractable: true });
      publicJwk = await exportJWK(pair.publicKey);
      generation += 1;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}
