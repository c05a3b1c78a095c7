import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Config, FixedClock, Health, Metrics, RuntimeModule, silentLogger } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { Transport } from '@cartulary/transport';
import { buildOcspRequest, parseOcspResponse, type ParsedOcspResponse } from '@cartulary/x509';
import { vi } from 'vitest';
import { Delegations } from '../delegate/delegations.js';
import { ResponderState } from '../fold/responder-state.js';
import { type PublicLimits, PublicServer } from '../http/public-server.js';
import { ResponderHealth } from '../operations/responder-health.js';
import { ResponderModule } from '../responder.module.js';
import { MemoryTransport } from './memory-transport.fixture.spec.js';
import { TestAuthority, type TestCertificate, type TestIssuer } from './test-authority.fixture.spec.js';

export const testSettings = {
  clockSkew: 300_000,
  ocsp: { validity: 900_000, maxAge: 10_000 },
  heartbeat: 300,
} as Settings;

/** A responder on a free port of 127.0.0.1, with the CA that it speaks for. */
export interface PublicSide {
  readonly url: string;
  readonly port: number;
  readonly clock: FixedClock;
  readonly transport: MemoryTransport;
  readonly authority: TestAuthority;
  readonly root: TestIssuer;
  readonly workload: TestIssuer;
  readonly state: ResponderState;
  readonly delegations: Delegations;
  readonly health: Health;
  readonly checks: ResponderHealth;
  readonly metrics: Metrics;
  readonly server: PublicServer;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  postOcsp(request: Uint8Array): Promise<Response>;
  /** By POST. */
  ask(certificate: TestCertificate, options?: Parameters<typeof buildOcspRequest>[2]): Promise<ParsedOcspResponse>;
  close(): Promise<void>;
}

export const ocspPath = (request: Buffer): string => `/ocsp/${encodeURIComponent(request.toString('base64'))}`;

export const parsed = async (response: Response): Promise<ParsedOcspResponse> =>
  parseOcspResponse(Buffer.from(await response.arrayBuffer()));

export const openPublicSide = async (
  options: { limits?: Partial<PublicLimits>; caughtUp?: boolean } = {},
): Promise<PublicSide> => {
  const clock = new FixedClock(new Date());
  const transport = new MemoryTransport(clock);
  const authority = new TestAuthority(transport, clock);
  const { root, workload } = await authority.create();
  const metrics = new Metrics({ process: false });
  const health = new Health();
  const app = await createApplication(transport, authority, clock, metrics, health);
  const delegations = app.get(Delegations);
  if (options.caughtUp !== false) {
    transport.heartbeat();
    await vi.waitFor(() => {
      for (const { issuerId } of [root, workload]) {
        if (!delegations.find(issuerId, clock.now())) throw new Error('not delegated yet');
      }
    });
  }
  const server = app.get(PublicServer);
  const { port } = await server.start({
    host: '127.0.0.1',
    port: 0,
    ...(options.limits && { limits: options.limits }),
  });
  const url = `http://127.0.0.1:${port}`;
  const postOcsp = (request: Uint8Array): Promise<Response> =>
    fetch(`${url}/ocsp`, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: Buffer.from(request),
    });
  return {
    ...{ url, port, clock, transport, authority, root, workload, delegations, health, metrics, server, postOcsp },
    state: app.get(ResponderState),
    checks: app.get(ResponderHealth),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    ask: async ({ issuer, serial }, ocsp) =>
      parsed(await postOcsp(buildOcspRequest(issuer.certificate, [serial], ocsp))),
    close: () => app.close(),
  };
};

const createApplication = (
  transport: MemoryTransport,
  authority: TestAuthority,
  clock: FixedClock,
  metrics: Metrics,
  health: Health,
): Promise<INestApplicationContext> => {
  const providers = [
    { provide: Transport, useValue: transport },
    { provide: Settings, useValue: testSettings },
  ];

  @Module({})
  class Resources {}

  @Module({
    imports: [
      RuntimeModule.forRoot({ config: {} as Config, logger: silentLogger(), clock, metrics, health }),
      { module: Resources, global: true, providers, exports: providers.map(({ provide }) => provide) },
      ResponderModule.with({ delegation: { useValue: authority } }),
    ],
  })
  class Root {}

  return NestFactory.createApplicationContext(Root, { logger: false });
};
