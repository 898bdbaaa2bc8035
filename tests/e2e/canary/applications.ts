import { randomBytes } from 'node:crypto';
import { fileStorage } from '../../../packages/client/src/store/file-storage.ts';
import { newId } from '../../../packages/server/src/core/index.ts';
import { appClient, connectPerson } from '../../support/connected-client.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { formToken, pageOf } from './pages.ts';
import type { SecretsOfALife } from './secrets-of-a-life.ts';
import type { Surroundings } from './surroundings.ts';

/** An application that keeps tokens in a file, renews one, and lets one go. */
export async function keepTokensInAnApplication(
  { gateway, tokenFile }: Surroundings,
  secrets: SecretsOfALife,
): Promise<void> {
  const key = secrets.remember('the key of a token store', randomBytes(32).toString('base64'));
  const storage = fileStorage(tokenFile);
  const client = appClient(gateway, { storage, keys: { current: 'k1', keys: { k1: key } } });
  const holder = await connectPerson(gateway, client, 'editor', 'authdb');
  const token = secrets.remember('a kept access token', await client.password(holder)());
  const renewed = await client.token(holder, token);
  if (renewed.outcome !== 'fresh') throw new Error(renewed.outcome);
  secrets.remember('a renewed access token', renewed.accessToken);
  const another = await connectPerson(gateway, client, 'viewer', 'authdb');
  await client.disconnect(another);
  storage.close();
}

/** Registered on a page that shows the secret once, another secret, and an error that is told in words. */
export async function developAnApplication(gateway: TestGateway, secrets: SecretsOfALife): Promise<void> {
  const person = gateway.person('viewer');
  await person.home();
  const form = new FormData();
  const fields = {
    form_token: formToken(await pageOf(person.open('/developer/new'))),
    name: 'Notes',
    redirect_uris: 'https://notes.example/callback',
    scope: 'db:authdb',
    other_scopes: '',
    kind: 'server',
  };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const made = await (await person.fetch('/developer/new', { method: 'POST', body: form })).text();
  const id = /<code>([0-9a-f-]{36})</.exec(made)?.[1] ?? '';
  secrets.remember('a secret that a page shows', /gws_[\w-]+/.exec(made)?.[0]);
  await gateway.post('token', {
    grant_type: 'refresh_token',
    client_id: id,
    client_secret: secrets.remember('a wrong secret of an application', `gws_${newId()}`),
    refresh_token: secrets.remember('a refresh token that never was', newId()),
  });
  const page = await pageOf(person.open(`/developer/applications/${id}`));
  const rotated = await person.fetch(`/developer/applications/${id}/rotate`, {
    method: 'POST',
    body: new URLSearchParams({ form_token: formToken(page), overlap: '1' }),
    headers: { origin: gateway.issuer, 'sec-fetch-site': 'same-origin' },
  });
  secrets.remember('another secret that a page shows', /gws_[\w-]+/.exec(await rotated.text())?.[0]);
  await person.open(`/developer/applications/${id}`);
}
