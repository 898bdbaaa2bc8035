import { randomBytes } from 'node:crypto';
import {
  createGrantwayClient,
  type GrantwayClient,
  type GrantwayClientOptions,
  type Holder,
  memoryStorage,
} from '../../packages/client/src/index.ts';
import { appRedirect, type SamplePerson, type TestGateway } from './gateway.ts';

/** Keys of one test. */
export function testKeys(): GrantwayClientOptions['keys'] {
  return { current: 'k1', keys: { k1: randomBytes(32).toString('base64') } };
}

/** The client of the test application `app`. */
export function appClient(
  gateway: Pick<TestGateway, 'issuer'>,
  options: Partial<GrantwayClientOptions> = {},
): GrantwayClient {
  return createGrantwayClient({
    issuer: gateway.issuer,
    clientId: 'app',
    storage: memoryStorage(),
    keys: testKeys(),
    ...options,
  });
}

/** A person signs in, allows, and comes back. */
export async function connectPerson(
  gateway: TestGateway,
  client: GrantwayClient,
  person: SamplePerson,
  database: string,
): Promise<Holder> {
  const { url, record } = await client.begin(appRedirect, { database });
  const end = await gateway.person(person).authorize(new URL(url));
  if (end.kind === 'page') throw new Error(`the browser stayed at ${end.url}:\n${end.html}`);
  const finished = await client.finish(record, end.to);
  if (finished.outcome !== 'connected') throw new Error(`not connected, but ${finished.outcome}`);
  return finished.holder;
}
