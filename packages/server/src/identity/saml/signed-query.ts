import type { TextReading } from './message-text.ts';
import { textOfQuery } from './message-text.ts';

/** A message of the binding HTTP-Redirect, in the parts that its signature is made over. */
export interface SignedQuery {
  readonly xml: string;
  /** As the library takes them: decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** These parameters and no others, in the order of the signature, encoded as they came. */
  readonly query: string;
}

/** What came of reading a message from a query string. */
export type QueryReading =
  | ({ readonly outcome: 'read' } & SignedQuery)
  | Extract<TextReading, { outcome: 'refused' }>;

const order = ['SAMLRequest', 'RelayState', 'SigAlg', 'Signature'] as const;

const algorithms: readonly string[] = [
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
];

/**
 * Reads a request out of a query (SAML bindings, section 3.4.4.1). The signature is over the bytes as they came, so each
 * parameter may be there once: with two, what is checked and what is read could differ. One without a signature is
 * refused here, because the library takes it.
 */
export function readSignedQuery(raw: string): QueryReading {
  const given = new Map<string, string>();
  for (const part of raw.split('&')) {
    const [name = '', ...value] = part.split('=');
    if (!order.some((known) => known === name)) return refused('it has another parameter');
    if (given.has(name)) return refused('it has a parameter twice');
    given.set(name, value.join('='));
  }
  const parameters: Record<string, string> = {};
  for (const [name, value] of given) {
    const decoded = decode(value);
    if (decoded === undefined) return refused('it is not encoded right');
    parameters[name] = decoded;
  }
  const { SAMLRequest, SigAlg, Signature } = parameters;
  if (SAMLRequest === undefined || Signature === undefined) return refused('it is not signed');
  if (!algorithms.some((allowed) => allowed === SigAlg))
    return refused('its signature has an algorithm that is not allowed');
  const text = textOfQuery(SAMLRequest);
  if (text.outcome === 'refused') return text;
  const query = order.flatMap((name) => (given.has(name) ? [`${name}=${given.get(name)}`] : [])).join('&');
  return { outcome: 'read', xml: text.xml, parameters, query };
}

function refused(detail: string): Extract<TextReading, { outcome: 'refused' }> {
  return { outcome: 'refused', detail };
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
