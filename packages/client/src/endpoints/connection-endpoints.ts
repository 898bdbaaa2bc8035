import { type ConnectProblem, json, redirect, wantsPage } from './answers.ts';
import { accessOf, type ConnectSite, connectedPerson, unknownDatabase } from './connect-site.ts';

/** `POST /token`: the token of whoever this browser has connected, for the application's own page. */
export async function giveToken(site: ConnectSite, request: Request): Promise<Response> {
  const database = accessOf(site, request)?.database;
  if (database === undefined) return site.tell(request, unknownDatabase);
  const person = await connectedPerson(site, request, database);
  if (person === undefined) return json(200, { status: 'not-connected' });
  const given = await site.client.token(person.holder);
  if (given.outcome !== 'fresh') return json(200, { status: given.outcome });
  const { accessToken, expiresAt, connection, name } = given;
  return json(200, { status: 'connected', accessToken, expiresAt, connection, name });
}

/** `POST /disconnect`: ends the access, here and at the gateway. */
export async function disconnect(site: ConnectSite, request: Request): Promise<Response> {
  const { client, cookies, afterwards } = site;
  const database = accessOf(site, request)?.database;
  if (database === undefined) return site.tell(request, unknownDatabase);
  const person = await connectedPerson(site, request, database);
  const outcome = person === undefined ? 'not-connected' : await client.disconnect(person.holder);
  const gone = [cookies.end(database)];
  if (!wantsPage(request)) return json(200, { status: 'not-connected', outcome }, gone);
  // Nobody may believe that the access is over when it is not.
  return outcome === 'unreachable' ? site.tell(request, notEndedThere, gone) : redirect(afterwards, gone);
}

const notEndedThere: ConnectProblem = {
  status: 424,
  code: 'unreachable',
  sentence:
    'You are disconnected here, but the gateway could not be told. End the access of this application on its home page, too.',
};
