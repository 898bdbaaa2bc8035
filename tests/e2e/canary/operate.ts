import type { TestGateway } from '../../support/gateway.ts';
import type { SecretsOfALife } from './secrets-of-a-life.ts';
import type { Hear } from './surroundings.ts';

/** What an operator sees, and a client secret that the command prints once. */
export async function operate(gateway: TestGateway, secrets: SecretsOfALife, hear: Hear): Promise<void> {
  const added = await gateway.operator(
    'clients',
    'add',
    'Report',
    '--service',
    '--scope',
    'db:authdb',
    '--json',
  );
  const { id, secret } = JSON.parse(added.stdout) as { readonly id: string; readonly secret: string };
  secrets.remember('a secret that a command prints', secret);
  const rotated = await gateway.operator('clients', 'rotate', id, '--json');
  const next = JSON.parse(rotated.stdout) as { readonly secret: string };
  secrets.remember('another secret that a command prints', next.secret);
  await gateway.post('token', {
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: next.secret,
  });
  const invited = await gateway.operator('users', 'add', 'new@example.com', '--json');
  secrets.remember('a first secret', /"(?:password|secret|invitation)": "([^"]+)"/.exec(invited.stdout)?.[1]);
  for (const command of [
    ['clients', 'list', '--json'],
    ['clients', 'errors', 'backend'],
    ['users', 'list', '--json'],
    ['consents', 'list', '--json'],
    ['audit', 'tail', '--lines', '1000', '--json'],
    ['audit', 'export'],
  ]) {
    const end = await gateway.operator(...command).catch((failed: unknown) => failed);
    hear(`grantway ${command.join(' ')}`, end);
  }
}
