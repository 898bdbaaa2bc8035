import { z } from 'zod';
import type { SignInWords } from '../attested-proof.ts';
import type { ProvenClaims } from '../principal-from-claims.ts';

/** Clocks may differ by this much; a minute is what providers recommend. */
export const skewMs = 60_000;

const text = z.object({ _: z.string() });
const attributeValue = z.unknown().transform((value) => text.safeParse(value).data?._);

/** A verified assertion (SAML core, section 2.3.3), as the library's parser gives it: attributes in `$`, text in `_`. */
const assertionSchema = z.object({
  Assertion: z.object({
    $: z.object({ ID: z.string().min(1).max(512), Version: z.literal('2.0') }),
    Issuer: z.tuple([text]),
    Subject: z.tuple([
      z.object({
        NameID: z
          .tuple([
            text.extend({
              $: z
                .object({
                  Format: z.string().optional(),
                  NameQualifier: z.string().optional(),
                  SPNameQualifier: z.string().optional(),
                })
                .optional(),
            }),
          ])
          .optional(),
        SubjectConfirmation: z
          .array(
            z.object({
              $: z.object({ Method: z.string() }),
              SubjectConfirmationData: z
                .tuple([
                  z.object({
                    $: z.object({
                      Recipient: z.string(),
                      NotOnOrAfter: z.string(),
                      NotBefore: z.undefined().optional(),
                      InResponseTo: z.string().min(1),
                    }),
                  }),
                ])
                .optional()
                .catch(undefined),
            }),
          )
          .max(8),
      }),
    ]),
    AuthnStatement: z
      .array(
        z.object({
          $: z.object({
            AuthnInstant: z.string().optional(),
            SessionIndex: z.string().optional(),
            SessionNotOnOrAfter: z.string().optional(),
          }),
          AuthnContext: z
            .tuple([z.object({ AuthnContextClassRef: z.tuple([text]) })])
            .optional()
            .catch(undefined),
        }),
      )
      .min(1),
    AttributeStatement: z
      .array(
        z.object({
          Attribute: z
            .array(
              z.object({
                $: z.object({ Name: z.string() }),
                AttributeValue: z.array(attributeValue).optional(),
              }),
            )
            .optional(),
        }),
      )
      .optional(),
  }),
});

/** What an assertion says, once its signature, times and audience were found right. */
export interface Assertion {
  readonly id: string;
  /** The request that it answers. */
  readonly inResponseTo: string;
  /** After this it is refused anyway, in milliseconds of the epoch. */
  readonly until: number;
  readonly nameId?: NameId;
  readonly sessionIndex?: string;
  /** How and when the person signed in there. */
  readonly words: SignInWords;
  /** One value is a text, several are a list; undefined in it cannot be read. */
  readonly attributes: ProvenClaims;
}

/** What the provider calls a person, and in whose name space (SAML core, section 2.2.2). */
export interface NameId {
  readonly value: string;
  readonly format?: string | undefined;
  readonly nameQualifier?: string | undefined;
  readonly spNameQualifier?: string | undefined;
}

/** What came of reading an assertion whose signature stands. */
export type AssertionReading =
  | { readonly outcome: 'read'; readonly assertion: Assertion }
  | { readonly outcome: 'refused'; readonly detail: string };

const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/**
 * Reads a verified assertion, and checks what the library leaves open: who issued it, that it was confirmed for a
 * bearer at `recipient` in time, and that it answers a request (SAML profiles, section 4.1.4.3).
 */
export function readAssertion(
  verified: unknown,
  expected: { readonly issuer: string; readonly recipient: string; readonly now: number },
): AssertionReading {
  const parsed = assertionSchema.safeParse(verified);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.');
    return { outcome: 'refused', detail: `the assertion cannot be read (${at})` };
  }
  const { $: own, Issuer, Subject, AuthnStatement, AttributeStatement } = parsed.data.Assertion;
  if (Issuer[0]._ !== expected.issuer)
    return { outcome: 'refused', detail: 'the assertion is of another issuer' };
  const confirmations = Subject[0].SubjectConfirmation.flatMap(({ $, SubjectConfirmationData }) =>
    $.Method === bearer && SubjectConfirmationData !== undefined ? [SubjectConfirmationData[0].$] : [],
  );
  const confirmed = confirmations.find(({ Recipient }) => Recipient === expected.recipient);
  if (confirmed === undefined)
    return { outcome: 'refused', detail: 'the assertion answers no request, or is for another recipient' };
  const until = Date.parse(confirmed.NotOnOrAfter);
  // Not a number when it is no time, and then it is refused, too.
  if (!(expected.now - skewMs < until)) return { outcome: 'refused', detail: 'the assertion came too late' };
  const sessionIndex = AuthnStatement[0]?.$.SessionIndex;
  const nameId = Subject[0].NameID?.[0];
  return {
    outcome: 'read',
    assertion: {
      id: own.ID,
      inResponseTo: confirmed.InResponseTo,
      until,
      ...(nameId !== undefined && {
        nameId: {
          value: nameId._,
          format: nameId.$?.Format,
          nameQualifier: nameId.$?.NameQualifier,
          spNameQualifier: nameId.$?.SPNameQualifier,
        },
      }),
      ...(sessionIndex !== undefined && { sessionIndex }),
      words: wordsIn(AuthnStatement),
      attributes: attributesIn(AttributeStatement ?? []),
    },
  };
}

type AuthnStatements = z.infer<typeof assertionSchema>['Assertion']['AuthnStatement'];

/** Of several statements the oldest time and every context count: the weakest says what was proved. */
function wordsIn(statements: AuthnStatements): SignInWords {
  const oldest = Math.min(...statements.map(({ $ }) => Date.parse($.AuthnInstant ?? '')));
  return {
    contexts: statements.map(({ AuthnContext }) => AuthnContext?.[0].AuthnContextClassRef[0]._),
    ...(Number.isFinite(oldest) && { at: oldest }),
  };
}

type Statements = NonNullable<z.infer<typeof assertionSchema>['Assertion']['AttributeStatement']>;

function attributesIn(statements: Statements): ProvenClaims {
  const values = new Map<string, (string | undefined)[]>();
  for (const { $, AttributeValue } of statements.flatMap(({ Attribute }) => Attribute ?? [])) {
    values.set($.Name, [...(values.get($.Name) ?? []), ...(AttributeValue ?? [])]);
  }
  return Object.fromEntries(
    [...values].flatMap(([name, list]) =>
      list.length === 0
        ? []
        : [[name, list.length === 1 ? (list[0] ?? unreadable) : list.map((one) => one ?? unreadable)]],
    ),
  );
}

/** What principal-from-claims takes for no value that it can use. */
const unreadable = Object.freeze({});
