/**
 * The server does not speak its protocol: it may be another kind of server, or somebody between us. The connection is of
 * no use. The message is for the operator.
 */
export class ServerBrokeProtocol extends Error {
  override readonly name = 'ServerBrokeProtocol';
}
