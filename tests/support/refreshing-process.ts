import { createGrantwayClient, GrantwayError } from '../../packages/client/src/index.ts';
import { fileStorage } from '../../packages/client/src/store/file-storage.ts';

/*
 * One of many processes that share a kept consent: told a token by its parent, it renews it once and answers what became
 * of that. It runs until its parent lets go.
 */
const [issuer = '', path = '', key = '', subject = '', database = ''] = process.argv.slice(2);
const client = createGrantwayClient({
  issuer,
  clientId: 'app',
  storage: fileStorage(path),
  keys: { current: 'k1', keys: { k1: key } },
});

process.on('message', (rejected: string) => {
  client.token({ subject, database }, rejected).then(
    (outcome) =>
      process.send?.({
        outcome: outcome.outcome,
        token: outcome.outcome === 'fresh' ? outcome.accessToken : undefined,
      }),
    (thrown: unknown) =>
      process.send?.({ outcome: thrown instanceof GrantwayError ? thrown.code : String(thrown) }),
  );
});
process.on('disconnect', () => process.exit(0));
