import type { KoaContextWithOIDC } from 'oidc-provider';
import { hideSecrets } from '../core/index.ts';

/** What an error says in words, beside its code (RFC 6749, section 4.1.2.1) and the scope that it is about. */
const quoting = ['error_description', 'scope'] as const;

/**
 * Takes tokens and secrets out of errors that quote a request: an answer to a browser stands in its history and in the
 * log of the application. `state` is the application's own and stays.
 */
export async function hideInErrors(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  await next();
  const { body } = ctx;
  if (typeof body === 'string' && ctx.status >= 400) ctx.body = hideSecrets(body);
  else if (isError(body)) ctx.body = { ...body, ...hidden((name) => body[name]) };
  const location = URL.parse(ctx.response.get('location'));
  if (!location?.searchParams.has('error')) return;
  const changed = hidden((name) => location.searchParams.get(name));
  for (const [name, text] of Object.entries(changed)) location.searchParams.set(name, text);
  if (Object.keys(changed).length > 0) ctx.redirect(location.href);
}

function isError(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && 'error' in body;
}

/** The fields that hold a secret, without it. */
function hidden(fieldOf: (name: string) => unknown): Readonly<Record<string, string>> {
  const fields = quoting.flatMap((name) => {
    const given = fieldOf(name);
    const shown = typeof given === 'string' ? hideSecrets(given) : given;
    return typeof shown === 'string' && shown !== given ? [[name, shown] as const] : [];
  });
  return Object.fromEntries(fields);
}
