import type { FastifyReply, FastifyRequest } from 'fastify';
import { type EngineName, Refusal, toRefusal } from '../../core/index.ts';
import type { CommandDriver, QueryDriver, QueryResult } from '../../engines/index.ts';
import type { InProcessDoor } from '../../gateway/index.ts';
import { mayBeReadSlowly } from '../http-listener.ts';
import { type AnswerForm, answerForm } from './answer-form.ts';
import { type ApiParts, presentedToken } from './bearer.ts';
import { bindQuery } from './bind-query.ts';
import { jsonAnswer } from './json-answer.ts';
import { mostRows, parseQueryBody, type QueryBody } from './query-body.ts';
import { csvAnswer, ndjsonAnswer } from './stream-answer.ts';

/** What queries are answered with. */
export interface QueryParts extends ApiParts {
  readonly inProcessDoor: InProcessDoor;
  readonly drivers: Partial<Readonly<Record<EngineName, QueryDriver | CommandDriver>>>;
}

/**
 * `POST /api/v1/databases/:name/query`: token → body → session over the in-process door → rows in the form asked.
 * The token is not looked into here: the session does that, as for every other door.
 */
export async function answerQuery(
  request: FastifyRequest<{ Params: { readonly name: string } }>,
  reply: FastifyReply,
  options: QueryParts,
): Promise<FastifyReply> {
  const certificate = options.certificateOf(request);
  const token = presentedToken(request, certificate);
  const form = answerForm(request.headers.accept);
  const body = parseQueryBody(request.body, form === 'json' ? 'json' : 'stream');
  const database = options.config().databases.get(request.params.name);
  if (database === undefined) throw new Refusal('database_unknown', { database: request.params.name });
  const driver = options.drivers[database.engine];
  if (driver === undefined) {
    throw new Refusal('feature_not_offered', { what: `The query API for ${database.engine}` });
  }
  const query = bindQuery(driver, body, database.name);

  let refused: Refusal | undefined;
  let callerLeft = false;
  const stream = options.inProcessDoor.open(database.engine, request.ip, {
    database: database.name,
    ...(body.role === undefined ? {} : { role: body.role }),
    ...(certificate === undefined ? {} : { certificate }),
    refused: (refusal) => {
      refused = refusal;
    },
  });
  // The door's own refusal is exact; what the driver could read from the wire is its shadow.
  const refusalOf = (thrown: unknown) => {
    if (callerLeft) return new Refusal('statement_canceled', {}, thrown);
    return refused ?? toRefusal(thrown, request.id);
  };
  reply.raw.once('close', () => {
    callerLeft = !reply.raw.writableFinished;
    // Cutting the stream is what cancels a statement whose caller went away.
    stream.destroy();
  });
  mayBeReadSlowly(request.raw);
  try {
    const result = await query(stream, token);
    return await sendRows(reply, form, body, result, refusalOf);
  } catch (thrown) {
    stream.destroy();
    throw refusalOf(thrown);
  }
}

async function sendRows(
  reply: FastifyReply,
  form: AnswerForm,
  body: QueryBody,
  result: QueryResult,
  refusalOf: (thrown: unknown) => Refusal,
): Promise<FastifyReply> {
  reply.header('cache-control', 'no-store');
  switch (form) {
    case 'json': {
      const json = await jsonAnswer(result, body.limit ?? mostRows).finally(() => result.close());
      return reply.type('application/json; charset=utf-8').send(json);
    }
    case 'ndjson':
      return reply.type('application/x-ndjson').send(ndjsonAnswer(result, body.limit, refusalOf));
    case 'csv':
      return reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="rows.csv"')
        .send(csvAnswer(result, body.limit));
  }
}
