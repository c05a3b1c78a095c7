import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { fastifyPath, routes } from '@cartulary/contracts';
import type { FastifyInstance } from 'fastify';
import { Admission } from './admission.js';

const admitted: ReadonlySet<string> = new Set(
  [routes.issueCertificate, routes.issueCertificates, routes.renewCertificate].map(
    ({ method, path }) => `${method} ${fastifyPath(path)}`,
  ),
);

/**
 * Refuses what can't be admitted before its body is read and its caller looked up: under overload that is the cheapest
 * place. The handlers ask again, since others have come meanwhile; whatever comes by another door asks there only.
 */
@Injectable()
export class RefuseAtTheEdge implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly admission: Admission,
  ) {}

  onModuleInit(): void {
    const instance = this.host.httpAdapter.getInstance<FastifyInstance>();
    instance.addHook('onRequest', (request, _reply, done) => {
      const { method, url } = request.routeOptions;
      done(admitted.has(`${String(method)} ${url}`) ? this.admission.refusal() : undefined);
    });
  }
}
