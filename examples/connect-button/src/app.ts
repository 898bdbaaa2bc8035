import { readFileSync } from 'node:fs';
import { createGrantwayClient } from '@grantway/client';
import { createConnectEndpoints, isSameOrigin } from '@grantway/client/endpoints';
import { connectWithExpress, webRequest } from '@grantway/client/endpoints/express';
import { fileStorage } from '@grantway/client/store/file';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { type EngineName, engineNames, engines } from './engines/index.ts';
import { type Entry, homePage, sorryPage } from './pages.ts';
import type { Settings } from './settings.ts';
import { addSample, createVisitor, readTable } from './visit.ts';

const styleSheet = readFileSync(new URL('./style.css', import.meta.url), 'utf8');

/** The application, and how to let go of what it holds. */
export interface ConnectButton {
  readonly app: Express;
  close(): void;
}

/** Makes the application: a page with a button for each engine. Nothing is asked of anybody before somebody comes. */
export function createConnectButton(settings: Settings): ConnectButton {
  const { issuer, clientId, clientSecret, baseUrl, databases, ca } = settings;

  // From here to `app.use(connectWithExpress(connect))`: all that a Connect button takes.
  const storage = fileStorage(settings.tokensFile);
  const client = createGrantwayClient({
    issuer,
    clientId,
    clientSecret,
    storage,
    keys: { current: 'first', keys: { first: settings.tokenKey } },
  });
  const connect = createConnectEndpoints({
    client,
    baseUrl: `${baseUrl}/connect`,
    databases: Object.fromEntries(Object.values(databases).map((database) => [database, {}])),
    afterwards: '/',
    problemPage: (problem) =>
      new Response(sorryPage(problem), {
        status: problem.status,
        headers: { 'content-type': 'text/html; charset=utf-8' },
      }),
    onError: (error) => console.error(error),
  });

  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set({
      'content-security-policy':
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    next();
  });
  app.use(connectWithExpress(connect));

  const visitor = createVisitor(client, ca);

  async function entry(request: Request, name: EngineName): Promise<Entry> {
    const engine = engines[name];
    const database = databases[name];
    if (database === undefined) return { engine, state: 'not-offered' };
    const person = await connect.connected(webRequest(request), database);
    if (person === undefined) return { engine, database, state: 'not-connected' };
    const visit = await visitor.visit(engine, person, readTable);
    return visit.outcome === 'not-connected'
      ? { engine, database, state: 'not-connected' }
      : { engine, database, state: 'connected', person: person.name, visit };
  }

  const entries = async (request: Request): Promise<readonly Entry[]> =>
    await Promise.all(engineNames.map(async (name) => await entry(request, name)));

  app.get('/', async (request, response) => {
    response.send(homePage(await entries(request)));
  });

  app.post('/add', async (request, response) => {
    const asked = webRequest(request);
    const name = engineNames.find((engine) => databases[engine] === request.query.database);
    const database = name === undefined ? undefined : databases[name];
    const person = database === undefined ? undefined : await connect.connected(asked, database);
    if (!isSameOrigin(asked, baseUrl) || name === undefined || person === undefined) {
      return response.status(403).send(sorryPage({ sentence: 'Nobody is connected here any more.' }));
    }
    const visit = await visitor.visit(engines[name], person, addSample);
    if (visit.outcome !== 'forbidden') return response.redirect(303, '/');
    response.status(403).send(homePage(await entries(request), { engine: engines[name], ...visit }));
  });

  app.get('/style.css', (_request, response) => {
    response.type('css').set('cache-control', 'public, max-age=300').send(styleSheet);
  });

  app.use((_request, response) => {
    response.status(404).send(sorryPage({ sentence: 'There is no such page.' }));
  });
  const onError: ErrorRequestHandler = (thrown, _request, response, _next) => {
    console.error(thrown);
    response
      .status(500)
      .send(sorryPage({ sentence: 'This did not work. Try again; if it lasts, tell whoever runs this.' }));
  };
  app.use(onError);

  return { app, close: () => storage.close() };
}
