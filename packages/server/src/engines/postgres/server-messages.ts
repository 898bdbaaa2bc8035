import type { ServerReader } from '../relaying/index.ts';
import { objectIds } from './client-messages.ts';
import type { Conversation } from './conversation.ts';
import { isFatal, parseErrorResponse } from './error-response.ts';
import { readParameterStatus } from './parameter-status.ts';
import { fromClient, fromServer } from './protocol.ts';

const mostTagBytes = 128;
const mostErrorBytes = 1_024;
const mostReportBytes = 8_192;
/** Types of the first 1,000 parameters. */
const mostTypesBytes = 4_002;

/** Reads the server's messages as they pass: what ended how, and what it says about the session. */
export class ServerMessages implements ServerReader {
  readonly #conversation: Conversation;
  readonly #parameters: Map<string, string>;
  readonly #wantsTypes: boolean;
  /** Called after the server reported a parameter. */
  readonly #reported: () => void;
  halted = false;
  /** A message is one frame. */
  readonly betweenMessages = true;
  fatal = false;
  /** The server sent something that is no message of a server. */
  broken = false;

  constructor(
    conversation: Conversation,
    parameters: Map<string, string>,
    wantsTypes: boolean,
    reported: () => void,
  ) {
    this.#conversation = conversation;
    this.#parameters = parameters;
    this.#wantsTypes = wantsTypes;
    this.#reported = reported;
  }

  header(type: number, bodyBytes: number): number {
    if (this.halted) return -1;
    const conversation = this.#conversation;
    switch (type) {
      case fromServer.dataRow:
        conversation.dataRow();
        return 0;
      case fromServer.copyData:
      case fromServer.copyDone:
      case fromServer.copyOutResponse:
      case fromServer.noticeResponse:
      case fromServer.notificationResponse:
        return 0;
      case fromServer.commandComplete:
        return Math.min(bodyBytes, mostTagBytes);
      case fromServer.readyForQuery:
        return 1;
      case fromServer.bindComplete:
        conversation.acknowledged(fromClient.bind);
        return 0;
      case fromServer.parseComplete:
        conversation.acknowledged(fromClient.parse);
        return 0;
      case fromServer.closeComplete:
        conversation.acknowledged(fromClient.close);
        return 0;
      case fromServer.rowDescription:
      case fromServer.noData:
        conversation.acknowledged(fromClient.describe);
        return 0;
      case fromServer.parameterDescription:
        return this.#wantsTypes ? Math.min(bodyBytes, mostTypesBytes) : 0;
      case fromServer.errorResponse:
        return Math.min(bodyBytes, mostErrorBytes);
      case fromServer.parameterStatus:
        return Math.min(bodyBytes, mostReportBytes);
      case fromServer.emptyQueryResponse:
        conversation.completed(undefined);
        return 0;
      case fromServer.portalSuspended:
        conversation.suspended();
        return 0;
      case fromServer.functionCallResponse:
        conversation.returned();
        return 0;
      case fromServer.copyInResponse:
        conversation.copyInBegan();
        return 0;
      case fromServer.copyBothResponse:
        conversation.copyBothBegan();
        return 0;
      default:
        this.broken = true;
        return -1;
    }
  }

  kept(type: number, bytes: Buffer, start: number, end: number): boolean {
    const conversation = this.#conversation;
    switch (type) {
      case fromServer.commandComplete:
        conversation.completed(rowsOfTag(bytes, start, end));
        break;
      case fromServer.readyForQuery:
        conversation.ready(bytes.readUInt8(start));
        break;
      case fromServer.errorResponse: {
        const error = parseErrorResponse(bytes, start, end);
        this.fatal ||= isFatal(error);
        conversation.failed(error.sqlstate, isFatal(error));
        break;
      }
      case fromServer.parameterStatus:
        readParameterStatus(bytes.subarray(start, end), this.#parameters);
        this.#reported();
        break;
      case fromServer.parameterDescription:
        conversation.described(objectIds(bytes, start + 2, end));
        break;
    }
    // Nothing of what the audit could not take goes on.
    return conversation.failure === undefined;
  }

  rest(): void {}
}

/** The row count at the end of a command tag (`SELECT 5`, `INSERT 0 1`), which ends with a NUL; undefined for none. */
function rowsOfTag(bytes: Buffer, start: number, end: number): number | undefined {
  let at = end - 2;
  let rows = 0;
  let unit = 1;
  while (at >= start) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    rows += digit * unit;
    unit *= 10;
    at -= 1;
  }
  return unit > 1 && at > start && bytes[at] === 0x20 ? rows : undefined;
}
