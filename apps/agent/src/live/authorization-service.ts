import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type handleUnaryCall, type Server, status } from '@grpc/grpc-js';
import { Clock, Metrics } from '@cartulary/runtime';
import type { Peer } from '../attestation/peer.js';
import { MESH } from '../mesh/mesh-token.js';
import type { MeshDescription } from '../mesh/mesh-description.js';
import { Connections } from '../socket/connections.js';
import { method } from '../wire/methods.js';
import { Refusal, refusalOf } from '../wire/refusal.js';
import { Entitlements } from '../workloads/entitlements.js';
import { LISTENER_HEADER } from '../xds/filters.js';
import { xds } from '../xds/messages.js';
import { inboundName, keyOf } from '../xds/resources.js';
import { PeerCertificates } from './peer-certificates.js';
import { RevokedCertificates } from './revoked-certificates.js';
import { Visitors } from './visitors.js';

export interface CheckRequest {
  readonly attributes: { readonly source: { readonly certificate: string } | null } | null;
}
export interface CheckResponse {
  readonly status: { readonly code: number; readonly message?: string };
  readonly deniedResponse?: { readonly status: { readonly code: number }; readonly body: string };
}
type Answer = 'allowed' | 'revoked' | 'expired' | 'no-certificate';

export const authorizationDefinition = {
  check: method<CheckRequest, CheckResponse>(
    '/envoy.service.auth.v3.Authorization/Check',
    xds.CheckRequest,
    xds.CheckResponse,
  ),
};

const denied = (body: string): CheckResponse => ({
  status: { code: status.PERMISSION_DENIED, message: body },
  deniedResponse: { status: { code: 403 }, body },
});
const answers: Readonly<Record<Answer, CheckResponse>> = {
  allowed: { status: { code: status.OK } },
  revoked: denied('the client certificate was revoked'),
  expired: denied('the client certificate is not valid now'),
  'no-certificate': denied('there is no client certificate'),
};

/** envoy.service.auth.v3.Authorization: is the certificate that a connection was made with still good? */
@Injectable()
export class AuthorizationService implements OnApplicationShutdown {
  readonly #certificates = new PeerCertificates();
  readonly #identities: ReadonlyMap<string, string>;
  readonly #answers;
  readonly #unsubscribe;
  /** Listeners that a process may ask for; forgotten when placements change. */
  #known = new WeakMap<Peer, Set<string>>();

  constructor(
    private readonly revoked: RevokedCertificates,
    private readonly visitors: Visitors,
    private readonly connections: Connections,
    private readonly entitlements: Entitlements,
    private readonly clock: Clock,
    @Inject(MESH) mesh: MeshDescription,
    metrics: Metrics,
  ) {
    this.#identities = new Map(
      mesh.workloads.flatMap((workload) =>
        workload.inbound.map((inbound) => [keyOf(workload, inboundName(inbound)), workload.identity] as const),
      ),
    );
    this.#answers = metrics.counter('agent_peer_checks_total', {
      help: 'Questions of proxies whether a peer’s certificate is still good',
      labels: ['answer'],
    });
    this.#unsubscribe = entitlements.onChange(() => (this.#known = new WeakMap()));
  }

  onApplicationShutdown(): void {
    this.#unsubscribe();
  }

  addTo(server: Server): void {
    const check: handleUnaryCall<CheckRequest, CheckResponse> = (call, callback) => {
      try {
        const listener = String(call.metadata.get(LISTENER_HEADER)[0] ?? '');
        this.#admit(call.getPeer(), listener);
        const answer = this.#answer(listener, call.request.attributes?.source?.certificate ?? '');
        this.#answers.inc({ answer });
        callback(null, answers[answer]);
      } catch (error) {
        const { code, details } = refusalOf(error);
        callback({ code, details });
      }
    };
    server.addService(authorizationDefinition, { check });
  }

  #answer(listener: string, encoded: string): Answer {
    const certificate = this.#certificates.read(encoded);
    if (!certificate) return 'no-certificate';
    const now = this.clock.now();
    if (now < certificate.notBefore || now > certificate.notAfter) return 'expired';
    if (this.revoked.has(certificate.key)) return 'revoked';
    this.visitors.record(listener, certificate.key);
    return 'allowed';
  }

  #admit(name: string, listener: string): void {
    const peer = this.connections.peerOf(name);
    if (!peer) throw new Refusal(status.UNAUTHENTICATED, 'the kernel does not say who asks');
    const known = this.#known.get(peer) ?? new Set<string>();
    if (known.has(listener)) return;
    const identity = this.#identities.get(listener);
    if (identity === undefined || !this.entitlements.of(peer).includes(identity)) {
      throw new Refusal(status.PERMISSION_DENIED, 'this listener is not of a workload of this process');
    }
    this.#known.set(peer, known.add(listener));
  }
}
