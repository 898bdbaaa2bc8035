import { extensions } from './requirements/extensions.ts';
import { oauth21 } from './requirements/oauth-2.1.ts';

const sentences = { ...oauth21, ...extensions };

/** Names one requirement: document, section, and a word for the sentence. */
export type RequirementId = keyof typeof sentences;

/** One sentence of a standard that Grantway's authorization server has to satisfy. */
export interface Requirement {
  readonly id: RequirementId;
  /** The section, ready to open. */
  readonly source: string;
  readonly sentence: string;
}

const documents: Readonly<Record<string, string>> = {
  oauth21: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-16',
  rfc6750: 'https://www.rfc-editor.org/rfc/rfc6750.html',
  rfc7009: 'https://www.rfc-editor.org/rfc/rfc7009.html',
  rfc7636: 'https://www.rfc-editor.org/rfc/rfc7636.html',
  rfc7662: 'https://www.rfc-editor.org/rfc/rfc7662.html',
  rfc8414: 'https://www.rfc-editor.org/rfc/rfc8414.html',
  rfc8628: 'https://www.rfc-editor.org/rfc/rfc8628.html',
  rfc8707: 'https://www.rfc-editor.org/rfc/rfc8707.html',
  rfc9207: 'https://www.rfc-editor.org/rfc/rfc9207.html',
};

/** Every requirement that some test has to prove; `requirements.test.ts` fails for one that none does. */
export const requirements: readonly Requirement[] = Object.entries(sentences).map(([id, sentence]) => {
  const [document = '', section = ''] = id.split('-');
  return { id: id as RequirementId, source: `${documents[document]}#section-${section}`, sentence };
});

/**
 * The title of a test that proves requirements: what the test shows, followed by their ids. The ids stand in the
 * source as literals, which is where the gate finds them.
 */
export function verifies(ids: RequirementId | readonly RequirementId[], shows: string): string {
  return `${shows} [${[ids].flat().join(', ')}]`;
}
