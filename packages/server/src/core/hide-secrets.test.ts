import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hideSecrets } from './hide-secrets.ts';
import { newId } from './ids.ts';
import { Refusal } from './refusal.ts';

test.each(['gwt_', 'gwr_', 'gwc_', 'gwd_', 'gws_'])(
  'a secret that begins with %s is hidden in any text',
  (prefix) => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const secret = newId(prefix);
        expect(hideSecrets(`${before}${secret} ${after}`)).not.toContain(secret.slice(4, 20));
      }),
    );
  },
);

test.each(['gwt_short', 'a_gwt_name', 'app_readonly', 'db:authdb:readonly', ''])(
  '%j stays as it is',
  (text) => {
    expect(hideSecrets(text)).toBe(text);
  },
);

test('a token in the place of a name is in no refusal', () => {
  const token = newId('gwt_');
  const { message } = new Refusal('database_unknown', { database: token });
  expect(message).toContain('There is no database "gwt_…" here.');
});
