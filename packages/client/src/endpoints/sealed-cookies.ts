import { type KeyRing, openSealed, seal } from '../sealing/index.ts';

/** Cookies that their browser can neither read nor change, each for one use and for a while. */
export interface SealedCookies {
  /** The `set-cookie` line. `name` holds letters, digits, `-` and `_`; `lifetimeS` is kept inside too. */
  put(name: string, value: unknown, lifetimeS: number): Promise<string>;
  /** Undefined when there is none, it was changed, or its time is over. */
  read(request: Request, name: string): Promise<unknown>;
  /** The line that removes it. */
  end(name: string): string;
}

/**
 * Cookies of one origin: `__Host-`, so that no subdomain can plant one, `HttpOnly`, and `SameSite=Lax`, because the
 * browser brings them when it comes back from the gateway. On `http://` of this machine browsers take no `__Host-`
 * cookie; there the prefix is left out.
 */
export function sealedCookies(origin: URL, ring: () => Promise<KeyRing>): SealedCookies {
  const secure = origin.protocol === 'https:';
  const prefix = secure ? '__Host-grantway-' : 'grantway-';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const purposeOf = (name: string): readonly string[] => ['cookie', origin.origin, name];

  return {
    put: async (name, value, lifetimeS) => {
      const text = JSON.stringify({ value, until: Date.now() + lifetimeS * 1000 });
      return `${prefix}${name}=${await seal(await ring(), purposeOf(name), text)}; Max-Age=${lifetimeS}; ${attributes}`;
    },
    read: async (request, name) => {
      const text = cookieOf(request, prefix + name);
      if (text === undefined) return undefined;
      const opened = await openSealed(await ring(), purposeOf(name), text);
      if (opened.outcome === 'unreadable') return undefined;
      const { value, until } = JSON.parse(opened.text) as { readonly value: unknown; readonly until: number };
      return until > Date.now() ? value : undefined;
    },
    end: (name) => `${prefix}${name}=; Max-Age=0; ${attributes}`,
  };
}

function cookieOf(request: Request, name: string): string | undefined {
  for (const pair of request.headers.get('cookie')?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
