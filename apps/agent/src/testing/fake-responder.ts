import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@cartulary/runtime';
import { type OcspResponder, type OcspStatus, parseOcspRequest, type Signer, signOcspResponse } from '@cartulary/x509';
import type { FakeCa } from './fake-ca.js';

type Delegate = OcspResponder & { readonly signer: Signer };

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** A responder of the fake CA's workload issuer over HTTP on this machine, with real answers. */
export class FakeResponder {
  /** Of what is not here: good. */
  readonly statuses = new Map<string, OcspStatus>();
  /** Of answers, ms. */
  life = 600_000;
  asked = 0;
  /** Instead of an answer. */
  instead: Buffer | 'an error' | 'nothing' | undefined;

  private constructor(
    private readonly server: Server,
    private readonly delegate: Delegate,
    private readonly clock: Clock,
  ) {}

  /** `delegate` is another issuer's where answers are to be wrong. */
  static async start(ca: FakeCa, clock: Clock, kind: 'workload' | 'server' = 'workload'): Promise<FakeResponder> {
    const delegate = await ca.hierarchy.responder(kind);
    const server = createServer();
    const responder = new FakeResponder(server, delegate, clock);
    server.on('request', (request, response) => {
      void bodyOf(request).then(async (body) => {
        responder.asked += 1;
        const { instead } = responder;
        if (instead === 'nothing') return;
        response.statusCode = instead === 'an error' ? 503 : 200;
        response.setHeader('Content-Type', 'application/ocsp-response');
        response.end(Buffer.isBuffer(instead) ? instead : await responder.answer(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return responder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/ocsp`;
  }

  answer(request: Buffer, now = this.clock.now()): Promise<Buffer> {
    const dates = { thisUpdate: now, nextUpdate: new Date(now.getTime() + this.life) };
    const responses = parseOcspRequest(request).certIds.map(({ der, serial }) => ({
      certId: der,
      status: this.statuses.get(serial) ?? ({ type: 'good' } as const),
      ...dates,
    }));
    return signOcspResponse({ producedAt: now, responses }, this.delegate, this.delegate.signer);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
