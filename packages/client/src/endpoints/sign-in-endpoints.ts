import type { AuthorizationRecord } from '../authorization-code.ts';
import type { SignInOutcome } from '../keeper/index.ts';
import { type ConnectProblem, redirect } from './answers.ts';
import { accessOf, type ConnectedPerson, type ConnectSite, unknownDatabase } from './connect-site.ts';

/** Nobody takes longer for a consent, and the gateway's page does not live longer either. */
const flowLifetimeS = 30 * 60;
const connectionLifetimeS = 30 * 24 * 60 * 60;

interface Flow {
  readonly record: AuthorizationRecord;
}

/** `GET /auth`: sends the browser to the gateway. */
export async function startSignIn(site: ConnectSite, request: Request): Promise<Response> {
  const { client, redirectUri, cookies } = site;
  const access = accessOf(site, request);
  if (access === undefined) return site.tell(request, unknownDatabase);
  const { url, record } = await client.begin(redirectUri, access);
  const flow: Flow = { record };
  return redirect(url, [await cookies.put(flowCookie(record.state), flow, flowLifetimeS)]);
}

/** `GET /callback`: the browser comes back from the gateway, and from here on it has connected. */
export async function finishSignIn(site: ConnectSite, request: Request): Promise<Response> {
  const { client, redirectUri, cookies, afterwards } = site;
  const url = new URL(request.url);
  const name = flowCookie(url.searchParams.get('state') ?? '');
  const flow = (await cookies.read(request, name)) as Flow | undefined;
  if (flow === undefined) {
    return site.tell(request, {
      status: 400,
      code: 'callback_mismatch',
      sentence: 'This sign-in was finished already, took too long, or was begun in another browser.',
      again: afterwards,
    });
  }
  const back = new URL(redirectUri);
  back.search = url.search;
  const finished = await client.finish(flow.record, back);
  const gone = cookies.end(name);
  if (finished.outcome !== 'connected') {
    const again = startAgain(site, flow.record.access.database ?? '');
    return site.tell(request, whyUnfinished(finished, again), [gone]);
  }
  const { holder, name: person } = finished;
  const kept: ConnectedPerson = { holder, name: person };
  return redirect(afterwards, [gone, await cookies.put(holder.database, kept, connectionLifetimeS)]);
}

/** One cookie for each sign-in that is under way, so that two tabs do not take each other's. */
function flowCookie(state: string): string {
  return `flow-${state.replaceAll(/[^\w-]/g, '').slice(0, 64)}`;
}

function startAgain({ basePath }: ConnectSite, database: string): string {
  return `${basePath}/auth?database=${encodeURIComponent(database)}`;
}

function whyUnfinished(
  finished: Exclude<SignInOutcome, { readonly outcome: 'connected' }>,
  again: string,
): ConnectProblem {
  switch (finished.outcome) {
    case 'denied':
      return { status: 403, code: 'denied', sentence: 'You said no, and nothing was connected.', again };
    case 'expired':
      return { status: 400, code: 'expired', sentence: 'The sign-in took too long. Start again.', again };
    case 'refused':
      return { status: 400, code: finished.reason, sentence: finished.message, again };
    case 'mismatch':
      return { status: 400, code: 'mismatch', sentence: finished.message, again };
  }
}
