import { SamlStatusError } from '@node-saml/node-saml';
import { decryptXml, getVerifiedXml, xpath } from '@node-saml/node-saml/lib/xml.js';
import type { Clock } from '../../core/index.ts';
import { type Assertion, readAssertion } from './assertion.ts';
import { certificatesOf, type LibraryOptions, type OwnAddresses, samlLibrary } from './library.ts';
import { countAt, type MessageDom, shapeOf, textsAt } from './message-shape.ts';
import { textFault, textOfForm } from './message-text.ts';

/** What an answer of the provider is worth. */
export type AnswerVerdict =
  | { readonly outcome: 'genuine'; readonly assertion: Assertion }
  /** `detail` is for the operator and names no person. */
  | { readonly outcome: 'not_genuine' | 'declined'; readonly detail: string };

const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/**
 * Whether a posted answer is the provider's, is for us, and holds now. What it says is read from the bytes that the
 * signature covers, in their canonical form, and from nothing else. Never throws for what a stranger sent.
 */
export async function verifyAnswer(
  encoded: string,
  options: LibraryOptions & { readonly clock: Clock },
): Promise<AnswerVerdict> {
  const { config, own, clock } = options;
  const text = textOfForm(encoded);
  if (text.outcome === 'refused') return notGenuine(text.detail);
  const shape = await shapeOf(text.xml, 'Response');
  if (shape.outcome === 'refused') return notGenuine(shape.detail);

  const fault = envelopeFault(shape.dom, own);
  if (fault !== undefined) return notGenuine(fault);
  const status = textsAt(shape.dom, `/*/*[local-name()='Status']/*[local-name()='StatusCode']/@Value`);
  if (status[0] !== success)
    return { outcome: 'declined', detail: `the provider says ${status[0]?.slice(0, 100)}` };
  const answerSigned = countAt(shape.dom, `/*/*[local-name()='Signature']`) > 0;
  // Before anything is decrypted: what comes of tampered texts would tell what is in them.
  if (answerSigned && !(await isVerified(text.xml, shape.dom, options)))
    return notGenuine("the response's own signature does not hold");
  const sealed = await encryptionFault(shape.dom, options);
  if (sealed !== undefined) return notGenuine(sealed);

  let verified: unknown;
  try {
    const library = await samlLibrary(options, { answerSigned });
    const { profile } = await library.validatePostResponseAsync({ SAMLResponse: encoded });
    verified = profile?.getAssertion?.();
  } catch (thrown) {
    if (thrown instanceof SamlStatusError) return { outcome: 'declined', detail: 'the provider says no' };
    return notGenuine(thrown instanceof Error ? thrown.message : 'unknown');
  }

  const expected = { issuer: config.entityId, recipient: own.callback, now: clock.now() };
  const reading = readAssertion(verified, expected);
  if (reading.outcome === 'refused') return notGenuine(reading.detail);
  const answered = textsAt(shape.dom, '/*/@InResponseTo');
  if (answered[0] !== reading.assertion.inResponseTo)
    return notGenuine('answer and assertion are of two requests');
  return { outcome: 'genuine', assertion: reading.assertion };
}

function notGenuine(detail: string): AnswerVerdict {
  return { outcome: 'not_genuine', detail };
}

/** What is outside of the assertion: no proof of anything, and yet it must fit. */
function envelopeFault(dom: MessageDom, { callback }: OwnAddresses): string | undefined {
  const destinations = textsAt(dom, '/*/@Destination');
  if (destinations.some((named) => named !== callback)) return 'it is for another destination';
  const signedWithout = `/*[*[local-name()='Signature'] and not(@Destination)]`;
  return countAt(dom, signedWithout) > 0 ? 'it is signed and names no destination' : undefined;
}

async function isVerified(xml: string, dom: MessageDom, { config }: LibraryOptions): Promise<boolean> {
  try {
    return getVerifiedXml(xml, dom.documentElement, await certificatesOf(config)) !== null;
  } catch {
    return false;
  }
}

/**
 * Anybody can encrypt something to us, so what comes out is looked at as what came in was: the library would parse it
 * and follow its transforms otherwise.
 */
async function encryptionFault(
  dom: MessageDom,
  { config, privateKey }: LibraryOptions,
): Promise<string | undefined> {
  const encrypted = xpath.selectElements(dom, `/*/*[local-name()='EncryptedAssertion']`);
  if (!config.encryptedAssertions) return encrypted.length > 0 ? 'its assertion is encrypted' : undefined;
  if (encrypted.length === 0) return 'its assertion is not encrypted';
  const key = await privateKey();
  if (key === undefined) return 'there is no key to decrypt it';
  let inner: string;
  try {
    inner = await decryptXml(String(encrypted[0]), key.reveal());
  } catch {
    return 'its assertion cannot be decrypted';
  }
  const fault = textFault(inner);
  if (fault !== undefined) return `decrypted, ${fault}`;
  const shape = await shapeOf(inner, 'Assertion');
  return shape.outcome === 'refused' ? `decrypted, ${shape.detail}` : undefined;
}
