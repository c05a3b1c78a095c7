import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Exhibit } from '../judges/judge.js';

export interface DoorAnswer {
  /** 0: there was none. */
  readonly status: number;
  /** Serial of the server's certificate; else why there is no answer. */
  readonly said: string;
}

/** One request over mutual TLS on a connection of its own, to a server that has a SPIFFE ID and no DNS name. */
export const askDoor = (port: number, root: string, { keyPem, certificate, chain }: Exhibit): Promise<DoorAnswer> =>
  new Promise((resolve) => {
    const tls = { key: keyPem, cert: certificate + chain, ca: root, checkServerIdentity: () => undefined };
    const options = { ...tls, host: '127.0.0.1', port, agent: false, timeout: 10_000 };
    const outgoing = request(options, (answer) => {
      const { serialNumber } = (answer.socket as TLSSocket).getPeerCertificate();
      answer.resume().on('end', () => resolve({ status: answer.statusCode!, said: serialNumber }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', ({ message }) => resolve({ status: 0, said: message })).end();
  });
