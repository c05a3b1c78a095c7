import type { Socket } from 'node:net';
import koffi from 'koffi';

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** The kernel does not say who is at the other end. */
export class PeerUnknownError extends Error {
  readonly code = 'PEER_UNKNOWN';
  override readonly name = 'PeerUnknownError';
}

// asm-generic/socket.h: the same numbers on every architecture that Node 24 has binaries for on Linux.
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const UCRED_BYTES = 12;

type GetSockOpt = (fd: number, level: number, name: number, value: Buffer, length: [number]) => number;

let getsockopt: GetSockOpt | undefined;

const load = (): GetSockOpt => {
  if (process.platform !== 'linux') throw new PeerUnknownError('SO_PEERCRED is Linux’s: the agent runs nowhere else');
  const declaration = 'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)';
  return koffi.load(null).func(declaration) as unknown as GetSockOpt;
};

const descriptorOf = (socket: Socket): number => {
  // Node has no public name for it; a test holds this to the Node that is pinned.
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: unknown } };
  return typeof handle?.fd === 'number' ? handle.fd : -1;
};

/** unix(7), SO_PEERCRED: as they were when the other end called connect. Throws PeerUnknownError. */
export const peerCredentials = (socket: Socket): PeerCredentials => {
  getsockopt ??= load();
  const value = Buffer.alloc(UCRED_BYTES);
  const length: [number] = [UCRED_BYTES];
  const result = getsockopt(descriptorOf(socket), SOL_SOCKET, SO_PEERCRED, value, length);
  if (result !== 0 || length[0] !== UCRED_BYTES) throw new PeerUnknownError('getsockopt(SO_PEERCRED) failed');
  return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4), gid: value.readUInt32LE(8) };
};
