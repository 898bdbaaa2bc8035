import { isLoopbackUri } from './client-metadata.ts';

/** The redirect URIs of a client. */
export interface RedirectUris {
  readonly registered: readonly string[];
  /** What works now: in test mode only what leads to the developer's own machine. */
  readonly usable: readonly string[];
  /** Whether it is a native client, which may come back on any port of a loopback address (RFC 8252, section 7.3). */
  readonly anyPort: boolean;
}

/**
 * Says to a developer why a redirect URI was not taken: which registered one it comes nearest to, and in what it
 * differs (RFC 9700, section 2.1: the comparison is exact).
 */
export function redirectDifference(given: string, { registered, usable, anyPort }: RedirectUris): string {
  if (registered.includes(given) && !usable.includes(given))
    return `The redirect URI ${quoted(given)} is registered, but the application is in test mode: until an administrator approves it, it leads back to your own machine alone, to ${usable.map(quoted).join(' or ')}.`;
  const known = [...new Set([...registered, ...usable])];
  if (known.length === 0) return 'This application has no redirect URI registered.';
  const sent = URL.parse(given);
  if (sent === null) return `The redirect URI ${quoted(given)} is no absolute URL.`;
  const [nearest] = known
    .flatMap((uri) => {
      const url = URL.parse(uri);
      return url === null ? [] : [{ uri, differences: differences(sent, url, anyPort) }];
    })
    .sort((a, b) => a.differences.length - b.differences.length);
  if (nearest === undefined) return `The redirect URI ${quoted(given)} is not registered.`;
  const how =
    nearest.differences.length === 0
      ? 'it is written differently, and the comparison is exact'
      : nearest.differences.join('; ');
  return `The redirect URI ${quoted(given)} is not registered. The nearest is ${quoted(nearest.uri)}: ${how}.`;
}

function differences(sent: URL, registered: URL, anyPort: boolean): readonly string[] {
  const found: string[] = [];
  const differ = (what: string, a: string, b: string) => {
    if (a !== b) found.push(`the ${what} is ${a || 'missing'}, not ${b || 'missing'}`);
  };
  differ('scheme', sent.protocol.slice(0, -1), registered.protocol.slice(0, -1));
  differ('host', sent.hostname, registered.hostname);
  // A name is not an address: what it leads to is decided elsewhere.
  if (!anyPort || !isLoopbackUri(registered.href) || registered.hostname === 'localhost')
    differ('port', portOf(sent), portOf(registered));
  if (sent.pathname !== registered.pathname) found.push(pathDifference(sent.pathname, registered.pathname));
  if (sent.search !== registered.search)
    found.push(
      registered.search === '' ? 'it has a query, the registered one has none' : 'the query is another',
    );
  if (sent.hash !== '') found.push('it has a fragment, which a redirect URI must not have');
  return found;
}

function pathDifference(sent: string, registered: string): string {
  if (sent === `${registered}/`) return 'it ends with a slash, the registered one does not';
  if (`${sent}/` === registered) return 'the registered one ends with a slash';
  if (sent.toLowerCase() === registered.toLowerCase()) return 'upper and lower case of the path differ';
  return `the path is ${shortened(sent)}, not ${shortened(registered)}`;
}

function portOf({ protocol, port }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}

/** Without the query: it may hold what is nobody else's business. */
function quoted(uri: string): string {
  return shortened(uri.replace(/[?#].*$/s, '?…'));
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}
