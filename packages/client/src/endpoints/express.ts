import type { RequestHandler } from 'express';
import type { ConnectEndpoints } from './connect-endpoints.ts';
import { sendWebResponse, toWebRequest } from './node-request.ts';

/** The endpoints as a middleware of Express 5: `app.use(connectWithExpress(endpoints))`. */
export function connectWithExpress(endpoints: ConnectEndpoints): RequestHandler {
  return async (request, response, next) => {
    const answer = endpoints.handle(toWebRequest(request, request.originalUrl));
    if (answer === undefined) next();
    else await sendWebResponse(await answer, response);
  };
}
