import type { WireListener } from '../framing/index.ts';
import { FrameScanner } from '../relaying/index.ts';
import { frameLayout } from './frame-layout.ts';
import { readParameterStatus } from './parameter-status.ts';
import { fromServer } from './protocol.ts';

/** A configuration reload reports a handful of parameters; no single report is long. */
const mostReportBytes = 8_192;

/**
 * Listens while nobody uses a connection. A changed parameter is noted, a notice ignored; anything else (an error, a
 * notification meant for the user before, bytes without sense, the end) calls `spoilt`.
 */
export function idleWatch(parameters: Map<string, string>, spoilt: () => void): WireListener {
  const scanner = new FrameScanner(frameLayout, {
    header(type, bodyBytes) {
      const expected = type === fromServer.parameterStatus || type === fromServer.noticeResponse;
      return expected && bodyBytes <= mostReportBytes ? bodyBytes : -1;
    },
    kept(type, bytes, start, stop) {
      if (type === fromServer.parameterStatus) {
        readParameterStatus(bytes.subarray(start, stop), parameters);
      }
      return true;
    },
    rest() {},
  });
  return {
    received(bytes) {
      scanner.push(bytes);
      if (scanner.stopped) spoilt();
    },
    ended: spoilt,
    drained() {},
  };
}
