/** The socket can't be made where it should be. */
export class SocketError extends Error {
  readonly code = 'AGENT_SOCKET';
  override readonly name = 'SocketError';
}
