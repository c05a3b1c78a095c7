import { Agent, request } from 'node:https';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { routes } from '@cartulary/contracts';
import {
  createLogger,
  createRestApplication,
  keys,
  loadConfig,
  type RestApplication,
  RuntimeModule,
  Unauthenticated,
} from '@cartulary/runtime';
import { problemTable, ServiceModule } from '@cartulary/service';
import { TestDomain } from '@cartulary/service/testing';
import { derChainToPem, generatePrivateKey, issueCertificate, newSerial } from '@cartulary/x509';
import { AccessModule } from '../access.module.js';
import { type Call, Endpoint, Request } from '../endpoint.js';
import type { Holder } from './credentials.fixture.spec.js';

@Controller()
class EchoController {
  @Endpoint(routes.issueCertificate)
  issue(@Request(routes.issueCertificate) call: Call): unknown {
    return call;
  }
  @Endpoint(routes.getIdentity)
  identity(@Request(routes.getIdentity) call: Call): unknown {
    return call;
  }
  @Endpoint(routes.listCertificates)
  list(@Request(routes.listCertificates) call: Call): unknown {
    return call;
  }
  @Endpoint(routes.createToken)
  token(@Request(routes.createToken) call: Call): unknown {
    return call;
  }
  @Endpoint(routes.releaseCertificate)
  release(@Request(routes.releaseCertificate) call: Call): unknown {
    return call;
  }
  @Get('forgotten')
  forgotten(): string {
    return 'nobody gets this';
  }
  @Post('open')
  @Unauthenticated()
  open(): object {
    return { open: true };
  }
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** A connection that stays; a new one for each request otherwise. */
  readonly agent?: Agent;
}

/** A real REST application over TLS, which answers with the call that reached its controller. */
export class Door {
  private constructor(
    private readonly application: RestApplication,
    private readonly port: number,
  ) {}

  static async open(domain: TestDomain): Promise<Door> {
    const { ledger, signer, issuers, clock } = domain;
    const runtime = RuntimeModule.forRoot({
      config: loadConfig(keys, { environment: {} }),
      logger: createLogger({ level: 'silent' }),
      problems: problemTable,
      clock,
    });
    @Module({
      imports: [
        runtime,
        AccessModule,
        ServiceModule.with({ ledger } as unknown as Parameters<typeof ServiceModule.with>[0]),
      ],
      controllers: [EchoController],
    })
    class DoorModule {}
    const issuer = domain.issuer('server');
    const key = await generatePrivateKey('ecdsa-p256');
    const { spki } = await signer.import(key.export({ type: 'pkcs8', format: 'pem' }).toString());
    const whole = Math.floor(clock.now().getTime() / 1000) * 1000;
    const dates = { notBefore: new Date(whole - 60_000), notAfter: new Date(whole + 3_600_000) };
    const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], publications: {} };
    const reference = { certificate: Buffer.from(issuer.certificate, 'base64'), keyId: issuer.keyId };
    const contents = { profile: 'server', serial: newSerial(), spki, ...names, ...dates } as const;
    const leaf = await issueCertificate(contents, reference, signer);
    const application = await createRestApplication(DoorModule, {
      logger: createLogger({ level: 'silent' }),
      https: {
        key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
        cert: derChainToPem([leaf, ...issuers.chain(issuer.issuerId)]),
        ca: [derChainToPem(issuers.systemAnchors())],
      },
    });
    const { port } = await application.listen({ host: '127.0.0.1', port: 0 });
    return new Door(application, port);
  }

  /** A connection that stays open, with the holder's certificate. */
  connection({ key, cert }: Pick<Holder, 'key' | 'cert'>): Agent {
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    return new Agent({ keepAlive: true, maxSockets: 1, key: pem, cert, rejectUnauthorized: false });
  }

  ask(path: string, { method = 'GET', headers = {}, body, agent }: Ask = {}): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const content = text === undefined ? {} : { 'content-type': 'application/json' };
    const tls = agent ? { agent } : { rejectUnauthorized: false, agent: false as const };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, path, method, headers: { ...content, ...headers }, ...tls };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer || '{}') as Answer['body'] });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  close(): Promise<void> {
    return this.application.close();
  }
}
