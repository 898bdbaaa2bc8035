import { Refusal } from '../../../core/index.ts';

/** What an error of AWS means for the caller, and what an operator can do about it. */
interface Meaning {
  readonly code: 'upstream_refused_login' | 'upstream_unreachable';
  readonly advice: string;
}

const noPermission: Meaning = {
  code: 'upstream_refused_login',
  advice: 'the AWS identity lacks the permission: docs/redshift.md lists the actions that it needs',
};
const notFound: Meaning = {
  code: 'upstream_refused_login',
  advice: 'there is no such cluster, workgroup or database in this region: check aws in the config',
};
const noIdentity: Meaning = {
  code: 'upstream_refused_login',
  advice: 'Grantway has no AWS identity that is valid now: check the credential chain and the clock',
};
const throttled: Meaning = {
  code: 'upstream_unreachable',
  advice: 'AWS throttles these calls: ask for fewer at once, or for a higher quota',
};
const silent: Meaning = { code: 'upstream_unreachable', advice: 'AWS does not answer' };
const notTaken: Meaning = {
  code: 'upstream_refused_login',
  advice: 'AWS does not take this call, and says why',
};
const notRun: Meaning = {
  code: 'upstream_unreachable',
  advice: 'AWS could not run the statement, and says why',
};
/** Trying again would not help with an error that nobody knows. */
const unknown: Meaning = { code: 'upstream_refused_login', advice: 'AWS refused' };

/** By the name of the error: each service has its own for the same thing. */
const meanings: readonly (readonly [names: RegExp, meaning: Meaning])[] = [
  [/^(AccessDenied(Exception)?|Unauthorized(Operation|Exception))$/, noPermission],
  [/^(ClusterNotFound(Fault)?|ResourceNotFoundException)$/, notFound],
  [
    /^(CredentialsProviderError|ExpiredToken(Exception)?|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|UnrecognizedClientException|IncompleteSignature)$/,
    noIdentity,
  ],
  [
    /^(Throttl(ing|ingException|edException)|TooManyRequestsException|RequestLimitExceeded|Active(Statements|Sessions|WaitingRequests)ExceededException)$/,
    throttled,
  ],
  [/^ValidationException$/, notTaken],
  [/^(Batch)?ExecuteStatementException$/, notRun],
  [/^(TimeoutError|AbortError)$/, silent],
];

/** Codes of Node.js for a peer that is not there. */
const lost = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH)$/;

/** The refusal for a failed AWS call. AWS's own words and the advice are its cause, for the log. */
export function awsRefusal(call: string, thrown: unknown, request: string): Refusal {
  if (thrown instanceof Refusal) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, advice } = meaningOf(error);
  const cause = new Error(`${call}: ${advice} (${error.name}: ${error.message})`, { cause: thrown });
  return new Refusal(code, { request }, cause);
}

function meaningOf(error: Error): Meaning {
  const known = meanings.find(([names]) => names.test(error.name));
  if (known !== undefined) return known[1];
  const isLost = ('code' in error && lost.test(String(error.code))) || httpStatus(error) >= 500;
  return isLost ? silent : unknown;
}

/** 0 when there was no answer. */
function httpStatus(error: Error): number {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
