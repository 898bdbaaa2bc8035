import { duplexPair } from 'node:stream';
import type { Permit } from '../../../core/index.ts';
import type { UpstreamLogin } from '../../engine.ts';
import { Wire } from '../../framing/index.ts';
import { awsClientConfig } from '../aws/index.ts';
import { DataApiServer } from './data-api-server.ts';
import { exactIntegers } from './exact-integers.ts';
import { statementTarget } from './statement-target.ts';

/**
 * "Connects" to a warehouse that has no address: the other end of the wire is in this process and calls the Data API as
 * the permit's AWS identity. Nothing is sent before the first statement.
 * @throws Refusal `upstream_refused_login`
 */
export async function openDataApi(permit: Permit, { request }: UpstreamLogin): Promise<Wire> {
  const target = statementTarget(permit, request);
  const config = await awsClientConfig(permit, request);
  const { RedshiftDataClient } = await import('@aws-sdk/client-redshift-data');
  const client = new RedshiftDataClient(config);
  exactIntegers(client);

  const [ours, theirs] = duplexPair();
  const wire = new Wire(Object.assign(ours, { destroySoon: () => ours.destroy() }));
  ours.on('data', (bytes: Buffer) => wire.receive(bytes));
  // While a statement runs nobody reads there, and would not notice the end.
  ours.once('close', () => theirs.destroy());
  void new DataApiServer(theirs, { client, target, request }).serve().finally(() => {
    client.destroy();
    theirs.destroy();
  });
  return wire;
}
