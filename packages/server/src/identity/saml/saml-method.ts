import type { SamlConfig } from '../../config/index.ts';
import { type Clock, newId, noWish, principalId } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { attestedProof, isLateEnough } from '../attested-proof.ts';
import { type ClaimsReading, principalFromClaims } from '../principal-from-claims.ts';
import type {
  ProviderFailure,
  RedirectBegun,
  RedirectMemory,
  RedirectMethod,
  RedirectOutcome,
  SignInFailure,
} from '../sign-in-method.ts';
import type { Assertion } from './assertion.ts';
import { keptProofs } from './kept-proofs.ts';
import { type LibraryOptions, samlLibrary } from './library.ts';
import { namedSessions } from './named-sessions.ts';
import { ownMetadata } from './own-metadata.ts';
import { samlSignOut } from './saml-sign-out.ts';
import { verifyAnswer } from './verify-answer.ts';

interface SamlMethodOptions extends LibraryOptions {
  readonly store: Pick<Store, 'artifacts'>;
  readonly clock: Clock;
}

/** People of a SAML provider: the Web Browser SSO profile (SAML profiles, section 4.1), begun by us and never by it. */
export function samlMethod(options: SamlMethodOptions): RedirectMethod {
  const { config, store, clock } = options;
  const proofs = keptProofs(config.name, store, clock);
  const sessions = namedSessions(config.name, store, clock);

  /** Names what is asked back at our own address: whom an answer proved, or why it proved nobody. */
  async function proofOf(encoded: string): Promise<{ readonly proof: string } | SignInFailure> {
    const verdict = await verifyAnswer(encoded, options);
    if (verdict.outcome !== 'genuine') return failed(verdict.outcome, verdict.detail);
    const { assertion } = verdict;
    if (!(await proofs.useUp(assertion))) return failed('not_genuine', 'the assertion was used before');
    const reading = principalOfAssertion(config, assertion);
    if (reading.outcome === 'unusable') return failed('claims_unusable', reading.detail);
    const { principal } = reading;
    const { inResponseTo, words, nameId, sessionIndex } = assertion;
    const session = nameId && { nameId, sessionIndex };
    return { proof: await proofs.keep({ principal, inResponseTo, words, ...(session && { session }) }) };
  }

  return {
    kind: 'redirect',
    name: config.name,
    label: config.label,
    attestsFactor: config.secondFactor !== undefined,

    async begin(wish = noWish): Promise<RedirectBegun> {
      const memory = { state: newId(), nonce: newId('_'), verifier: '', wish };
      try {
        const library = await samlLibrary(options, { id: memory.nonce, wish });
        const location = await library.getAuthorizeUrlAsync(memory.state, undefined, {});
        return { outcome: 'redirect', location: new URL(location), memory };
      } catch (thrown) {
        // A certificate or key of ours that cannot be read: the provider is never asked.
        return failed('unavailable', thrown instanceof Error ? thrown.message : 'unknown');
      }
    },

    async finish(answer: URL, memory: RedirectMemory): Promise<RedirectOutcome> {
      const why = answer.searchParams.get('error');
      if (why !== null)
        return failed(failures.find((one) => one === why) ?? 'not_genuine', 'see the line before');
      const proof = await proofs.take(answer.searchParams.get('proof') ?? '');
      if (proof === undefined) return failed('not_genuine', 'the answer came too late, or a second time');
      if (proof.inResponseTo !== memory.nonce)
        return failed('not_genuine', 'the answer is to another request');
      const attested = attestedProof(proof.words, config.secondFactor, memory.wish, clock.now());
      if (!isLateEnough(attested, memory.wish, clock.now()))
        return failed('claims_unusable', 'the person did not sign in anew there (AuthnInstant)');
      if (proof.session !== undefined) await sessions.keep(principalId(proof.principal), proof.session);
      return { outcome: 'proven', principal: proof.principal, proof: attested };
    },

    posted: {
      async receive({ SAMLResponse: encoded = '', RelayState: state = '' }) {
        const result = await proofOf(encoded);
        return 'proof' in result
          ? { query: new URLSearchParams({ state, proof: result.proof }) }
          : { query: new URLSearchParams({ state, error: result.reason }), failure: result };
      },
      metadata: () => ownMetadata(options),
    },

    ...(config.signOutUrl !== undefined && { carriedSignOut: samlSignOut(options, proofs, sessions) }),
  };
}

const failures: readonly ProviderFailure[] = ['declined', 'not_genuine', 'claims_unusable'];

function failed(reason: ProviderFailure, detail: string): SignInFailure {
  return { outcome: 'failed', reason, detail };
}

/** What a provider that was asked for nothing special calls the name of a person. */
const usualNames = [
  'displayName',
  'urn:oid:2.16.840.1.113730.3.1.241',
  'http://schemas.microsoft.com/identity/claims/displayname',
  'cn',
  'urn:oid:2.5.4.3',
  'mail',
  'urn:oid:0.9.2342.19200300.100.1.3',
] as const;

/** Formats of a NameID that do not name one person for good (SAML core, section 8.3). */
const passing = ['transient', 'entity', 'encrypted'] as const;

function principalOfAssertion(config: SamlConfig, { attributes, nameId }: Assertion): ClaimsReading {
  const { name, subject, groupsAttribute, claims } = config;
  if (subject.from === 'nameId' && passing.some((format) => nameId?.format?.endsWith(`:${format}`)))
    return { outcome: 'unusable', detail: 'the NameID is another one at each sign-in' };
  const sub = subject.from === 'nameId' ? nameId?.value : attributes[subject.name];
  const displayName = config.nameAttribute ?? usualNames.find((usual) => Object.hasOwn(attributes, usual));
  return principalFromClaims(
    name,
    { sub, attributes },
    {
      groups: ['attributes', groupsAttribute],
      displayName: ['attributes', displayName ?? ''],
      others: Object.fromEntries(
        Object.entries(claims).map(([ours, attribute]) => [ours, ['attributes', attribute]]),
      ),
    },
  );
}
