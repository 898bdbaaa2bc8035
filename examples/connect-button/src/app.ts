import { readFileSync } from 'node:fs';
import { isSameOrigin } from '@grantway/client/endpoints';
import { connectWithExpress, webRequest } from '@grantway/client/endpoints/express';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import { createConnect } from './connect.ts';
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
  const { databases, baseUrl } = settings;
  const connect = createConnect(settings);
  const visitor = createVisitor(connect.client, settings.ca);

  const app = express();
  app.disable('x-powered-by');
  app.use(headersOfEveryPage);
  app.use(connectWithExpress(connect.endpoints));

  async function entry(request: Request, name: EngineName): Promise<Entry> {
    const engine = engines[name];
    const database = databases[name];
    if (database === undefined) return { engine, state: 'not-offered' };
    const person = await connect.endpoints.connected(webRequest(request), database);
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
    const person =
      database === undefined || !isSameOrigin(asked, baseUrl)
        ? undefined
        : await connect.endpoints.connected(asked, database);
    if (name === undefined || person === undefined) {
      return response.status(403).send(sorry('Nobody is connected here any more.'));
    }
    const visit = await visitor.visit(engines[name], person, addSample);
    switch (visit.outcome) {
      case 'forbidden':
        return response
          .status(403)
          .send(homePage(await entries(request), { engine: engines[name], ...visit }));
      case 'failed':
        return response.status(503).send(sorry(visit.sentence));
      default:
        // Also when the access has ended meanwhile: the page says so.
        return response.redirect(303, '/');
    }
  });

  app.get('/style.css', (_request, response) => {
    response.type('css').set('cache-control', 'public, max-age=300').send(styleSheet);
  });

  app.use((_request, response) => {
    response.status(404).send(sorry('There is no such page.'));
  });
  app.use(sayFailed);

  return { app, close: connect.close };
}

/** No script, no frame, nothing from elsewhere; and what a person sees is in no cache. */
const headersOfEveryPage: RequestHandler = (_request, response, next) => {
  response.set({
    'content-security-policy':
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  next();
};

/** Express knows a handler of errors by its four parameters. */
const sayFailed: ErrorRequestHandler = (thrown, _request, response, _next) => {
  console.error(thrown);
  response.status(500).send(sorry('Try again; if it lasts, tell whoever runs this application.'));
};

function sorry(sentence: string): string {
  return sorryPage({ heading: 'That did not work', sentence });
}
