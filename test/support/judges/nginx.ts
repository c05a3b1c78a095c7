import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Door as NginxDoor, Nginx } from '../interop-nginx.js';
import { type Bench, clockEnvironment, type Exhibit, type Judge, type KnownJudge } from './judge.js';

const identityOf = ({ keyPem, certificate, chain }: Exhibit) => ({ keyPem, certificates: certificate + chain });

const openDoor =
  (door: NginxDoor) =>
  async (bench: Bench): Promise<Judge> => {
    const directory = await mkdtemp(join(bench.directory, 'nginx-'));
    const { root, crls, clock } = bench;
    const files = { server: identityOf(bench.server), root, crls };
    const nginx = await Nginx.start(directory, files, clockEnvironment(clock));
    return {
      judge: async (exhibit) => {
        await nginx.forget(door);
        const { status, body } = await nginx.ask(door, identityOf(exhibit));
        const accepted = status === 200;
        const [said = body] = /<title>([^<]*)/.exec(body)?.slice(1) ?? [];
        if (accepted) return { accepted, said: 'SUCCESS' };
        // The client hears nothing of the reason; the log has it.
        const log = await nginx.witness(door, /client SSL certificate verify error: |certificate status/);
        const [, reason = said] = /client SSL certificate verify error: ([^,]*?) while/.exec(log) ?? [];
        return { accepted, said: reason };
      },
      close: () => nginx.stop(),
    };
  };

export const nginxJudges: readonly KnownJudge[] = [
  { name: 'nginx', by: '`ssl_crl`', open: openDoor('ssl_crl') },
  { name: 'nginx', by: '`ssl_ocsp on`', open: openDoor('ssl_ocsp on') },
  { name: 'nginx', by: '`ssl_ocsp leaf`', open: openDoor('ssl_ocsp leaf') },
];
