import type { Request as ExpressRequest, RequestHandler } from 'express';
import type { ConnectEndpoints } from './connect-endpoints.ts';
import { sendWebResponse, toWebRequest } from './node-request.ts';

/** The endpoints as a middleware of Express 5: `app.use(connectWithExpress(endpoints))`. */
export function connectWithExpress(endpoints: ConnectEndpoints): RequestHandler {
  return async (request, response, next) => {
    const answer = endpoints.handle(webRequest(request));
    if (answer === undefined) next();
    else await sendWebResponse(await answer, response);
  };
}

/** The web request of a request of Express 5, for `endpoints.connected`. It has no body. */
export function webRequest(request: ExpressRequest): Request {
  return toWebRequest(request, request.originalUrl);
}
