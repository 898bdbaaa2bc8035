import { hash } from '@node-rs/argon2';
import { appRedirect, type TestGateway } from '../support/gateway.ts';
import { Person } from '../support/person.ts';

/** The people of a run, as the configuration has them, and how they get their tokens. */
export interface OraclePeople {
  /** Merged over the configuration of the gateway. They are editors. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A token for a scope, which is valid for the whole run. */
  token(gateway: TestGateway, person: number, scope: string): Promise<string>;
  /** One for each, by the number of the person. */
  tokens(gateway: TestGateway, scope: string): Promise<readonly string[]>;
}

/** So many people, who all have the same rights and the same password. */
export async function oraclePeople(count: number): Promise<OraclePeople> {
  const password = 'one password for all';
  const passwordHash = await hash(password, { memoryCost: 1024, timeCost: 1, parallelism: 1 });
  const names = Array.from({ length: count }, (_, number) => `person${number}@example.com`);
  const token = async (gateway: TestGateway, person: number, scope: string) =>
    await tokenOf(gateway, new Person(gateway.issuer, names[person] ?? '', password), scope);
  return {
    config: {
      users: Object.fromEntries(names.map((name) => [name, { groups: ['editor'], passwordHash }])),
      tokens: { access: '24h' },
    },
    token,
    tokens: async (gateway, scope) =>
      await Promise.all(names.map((_, person) => token(gateway, person, scope))),
  };
}

async function tokenOf(gateway: TestGateway, person: Person, scope: string): Promise<string> {
  const asked = gateway.request({ scope });
  const end = await person.authorize(asked.url);
  const code = end.kind === 'departure' ? end.to.searchParams.get('code') : null;
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code: code ?? '',
    code_verifier: asked.verifier,
    redirect_uri: appRedirect,
  });
  if (typeof body.access_token !== 'string') throw new Error(`no token: ${JSON.stringify(body)}`);
  return body.access_token;
}
