import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { SamlConfig } from '../../packages/server/src/config/index.ts';
import { noWish, Secret, type SignInWish, systemClock } from '../../packages/server/src/core/index.ts';
import { samlMethod } from '../../packages/server/src/identity/saml/index.ts';
import type {
  RedirectMemory,
  RedirectMethod,
  RedirectOutcome,
} from '../../packages/server/src/identity/sign-in-method.ts';
import { openStore, type Store } from '../../packages/server/src/store/index.ts';
import type { CertificatePair } from './certificates.ts';
import { assertionXml, makeSamlKeyPair, responseXml, type SaidAssertion, signed } from './saml-signer.ts';

/** What a test's provider says otherwise than it should. */
export type Told = Partial<SaidAssertion>;

/** A sign-in that was begun: what the provider was asked, and what the browser remembers. */
export interface Begun {
  readonly location: URL;
  readonly memory: RedirectMemory;
  /** The request as XML. */
  readonly request: string;
}

export interface SamlBed {
  readonly provider: CertificatePair;
  readonly service: CertificatePair;
  readonly callback: string;
  readonly store: Store;
  /** A method as another process would have it: it shares nothing with earlier ones but the store. */
  method(more?: Partial<SamlConfig>): RedirectMethod;
  begin(method?: RedirectMethod, wish?: SignInWish): Promise<Begun>;
  /** An assertion that is right for this request, except for what is told otherwise. */
  assertion(begun: Begun, told?: Told): string;
  /** A response around it, likewise. */
  response(begun: Begun, content: string, destination?: string): string;
  /** What comes of a posted answer in the browser that began. */
  answer(begun: Begun, xml: string, method?: RedirectMethod): Promise<RedirectOutcome>;
  /** Opens the store again, as a restart does. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const providerId = 'https://idp.example/metadata';
const issuer = 'https://access.example';

/** Starts it with a key of the provider and one of ours. */
export async function startSamlBed(): Promise<SamlBed> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-saml-'));
  const [provider, service] = await Promise.all([makeSamlKeyPair('provider'), makeSamlKeyPair('grantway')]);
  const [providerFile, serviceFile] = [join(folder, 'provider.crt'), join(folder, 'service.crt')];
  await writeFile(providerFile, provider.certificate);
  await writeFile(serviceFile, service.certificate);
  const location = { kind: 'sqlite', path: join(folder, 'grantway.db') } as const;
  let store = await openStore(location, systemClock);
  const callback = `${issuer}/sign-in/callback/corp`;

  const bed: SamlBed = {
    provider,
    service,
    callback,
    get store() {
      return store;
    },

    method(more = {}) {
      const config: SamlConfig = {
        kind: 'saml',
        name: 'corp',
        label: 'Example Corp',
        entityId: providerId,
        signInUrl: 'https://idp.example/sso',
        signOutUrl: 'https://idp.example/slo',
        certificates: [providerFile],
        keyPair: { certificate: serviceFile, privateKey: 'env:SAML_KEY' },
        encryptedAssertions: false,
        subject: { from: 'nameId' },
        groupsAttribute: 'groups',
        claims: {},
        signOutEndsSessions: false,
        signInEveryMs: 86_400_000,
        ...more,
      };
      const own = {
        entityId: `${issuer}/sign-in/metadata/${config.name}`,
        callback: `${issuer}/sign-in/callback/${config.name}`,
        signOut: `${issuer}/sign-out/${config.name}`,
      };
      const privateKey = async () => new Secret(service.privateKey);
      return samlMethod({ config, own, privateKey, store, clock: systemClock });
    },

    async begin(method = bed.method(), wish = noWish) {
      const begun = await method.begin(wish);
      if (begun.outcome !== 'redirect') throw new Error(`not begun: ${begun.detail}`);
      const encoded = begun.location.searchParams.get('SAMLRequest') ?? '';
      const request = inflateRawSync(Buffer.from(encoded, 'base64')).toString();
      return { location: begun.location, memory: begun.memory, request };
    },

    assertion: ({ memory }, told = {}) =>
      assertionXml({
        issuer: providerId,
        audience: `${issuer}/sign-in/metadata/corp`,
        recipient: callback,
        inResponseTo: memory.nonce,
        ...told,
      }),

    response: ({ memory }, content, destination = callback) =>
      responseXml({ issuer: providerId, destination, inResponseTo: memory.nonce }, content),

    async answer({ memory }, xml, method = bed.method()) {
      const { posted } = method;
      if (posted === undefined) throw new Error('it takes no posted answers');
      const encoded = Buffer.from(xml).toString('base64');
      const { query, failure } = await posted.receive({ SAMLResponse: encoded, RelayState: memory.state });
      const outcome = await method.finish(new URL(`${callback}?${query}`), memory);
      if (failure === undefined) return outcome;
      if (outcome.outcome !== 'failed') throw new Error('a failure proved somebody');
      // The first says in detail what the second passes on.
      return { ...outcome, ...(failure.detail !== undefined && { detail: failure.detail }) };
    },

    async restart() {
      await store.close();
      store = await openStore(location, systemClock);
    },

    async stop() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bed;
}

/** A response with an assertion that is signed, as most providers send it. */
export function genuine(bed: SamlBed, begun: Begun, told: Told = {}): string {
  return signed(bed.response(begun, bed.assertion(begun, told)), 'Assertion', bed.provider);
}
