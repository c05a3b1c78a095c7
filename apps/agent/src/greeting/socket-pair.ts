import { Socket } from 'node:net';
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

type SocketPair = (domain: number, type: number, protocol: number, descriptors: Int32Array) => number;

let socketpair: SocketPair | undefined;

/** socketpair(2): what one end writes the other reads. Node has no call for it. Throws where descriptors have run out. */
export const socketPair = (): readonly [Socket, Socket] => {
  socketpair ??= koffi
    .load(null)
    .func('int socketpair(int domain, int type, int protocol, _Out_ int *descriptors)') as unknown as SocketPair;
  const descriptors = new Int32Array(2);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, descriptors) !== 0) throw new Error('socketpair failed');
  const [first, second] = [...descriptors].map((fd) => new Socket({ fd, readable: true, writable: true }));
  return [first!, second!];
};
