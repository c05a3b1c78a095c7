import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type IssuerId } from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { decodeOcspGetPath, OcspError } from '@cartulary/x509';
import { OcspResponder } from '../answer-ocsp/ocsp-responder.js';
import { type OcspAnswer, refusal } from '../answer-ocsp/signed-answer.js';
import { ResponderState } from '../fold/responder-state.js';
import { ReadyReplies } from './ready-replies.js';
import { document, notFound, ok, type Reply, type RequestKind, unavailable } from './reply.js';

export type Send = (reply: Reply) => void;

/** A resource: what it is counted as, and how it is read. */
export interface Route {
  readonly kind: RequestKind;
  readonly get: (send: Send) => void | Promise<void>;
  /** Where a POST is possible as well. */
  readonly post?: { readonly mediaType: string; readonly answer: (body: Buffer, send: Send) => Promise<void> };
}

/** Seconds. A CRL is asked for again soon, which costs a 304 while nothing has changed. */
const CRL_MAX_AGE = 10;
const ISSUER_MAX_AGE = 3_600;
const BUNDLE_MAX_AGE = 60;

const byIssuer = /^\/(?:crl\/([0-9a-f]{16})(-delta)?\.crl|issuers\/([0-9a-f]{16})\.cer)$/;
const catchingUp = (): Reply => unavailable('not caught up yet');

/** The public side: what lies where (REST's public line), and in what form. */
@Injectable()
export class PublicRoutes {
  constructor(
    private readonly state: ResponderState,
    private readonly ocsp: OcspResponder,
    private readonly ready: ReadyReplies,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Of a request target as it came. */
  find(target: string): Route | undefined {
    // Asked by way of a proxy, the target is a whole URL (RFC 9112, section 3.2.2).
    const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
    if (path.startsWith('/ocsp/') && path.length > '/ocsp/'.length)
      return this.#ocspByGet(target, path.slice('/ocsp/'.length));
    const [resource = ''] = path.split('?', 1);
    switch (resource) {
      case '/ocsp':
      case '/ocsp/':
        return this.#ocspByPost();
      case '/bundle.json':
        return { kind: 'bundle', get: (send) => send(this.#bundle()) };
      case '/healthz':
        return { kind: 'health', get: (send) => send(ok()) };
    }
    const [, crlOf, delta, certificateOf] = byIssuer.exec(resource) ?? [];
    if (crlOf !== undefined) {
      return { kind: 'crl', get: (send) => send(this.#crl(crlOf as IssuerId, delta !== undefined)) };
    }
    if (certificateOf !== undefined) {
      return { kind: 'issuer', get: (send) => send(this.#issuer(certificateOf as IssuerId)) };
    }
    return undefined;
  }

  #ocspByGet(target: string, encoded: string): Route {
    const get = async (send: Send): Promise<void> => {
      const request = decode(encoded);
      if (!request) return send(this.#ocspReply(refusal('malformedRequest')));
      await this.ocsp.answer(request, (answer) => this.#answer(target, answer, send));
    };
    return { kind: 'ocsp', get };
  }

  #ocspByPost(): Route {
    const answer = (body: Buffer, send: Send): Promise<void> =>
      this.ocsp.answer(body, (answered) => this.#answer(body.toString('latin1'), answered, send));
    return {
      kind: 'ocsp',
      get: (send) => send(notFound()),
      post: { mediaType: 'application/ocsp-request', answer },
    };
  }

  #answer(asked: string, answer: OcspAnswer, send: Send): void {
    const reply = this.#ocspReply(answer);
    this.ready.keep(asked, answer, reply);
    send(reply);
  }

  // Refusals too come with 200: OpenSSL, Java and nginx look into the body of nothing else, and would say "HTTP error"
  // where the responder said tryLater. Load balancers ask /readyz.
  #ocspReply({ der, caching }: OcspAnswer): Reply & { readonly body: Buffer } {
    const type = 'application/ocsp-response';
    if (!caching) return document(type, der);
    const { etag, thisUpdate, nextUpdate } = caching;
    const maxAge = this.#secondsUntil(nextUpdate, this.settings.ocsp.maxAge / 1_000);
    // RFC 5019, section 6.2: Last-Modified is thisUpdate, Expires is nextUpdate.
    return document(type, der, { etag, maxAge, lastModified: thisUpdate, expires: nextUpdate });
  }

  #crl(issuerId: IssuerId, delta: boolean): Reply {
    const crl = delta ? this.state.crls.findDelta(issuerId) : this.state.crls.find(issuerId);
    if (!this.state.asOf) return catchingUp();
    if (!crl && delta) return notFound();
    if (!crl) return this.state.issuers.find(issuerId) ? unavailable('no CRL yet') : notFound();
    // An expired CRL makes proxies refuse everybody (DESIGN §11.4): better that they keep theirs and ask again.
    if (this.clock.now() >= crl.nextUpdate) return unavailable('the newest CRL has expired');
    return document('application/pkix-crl', crl.octets, {
      etag: `"${crl.sha256}"`,
      maxAge: this.#secondsUntil(crl.nextUpdate, CRL_MAX_AGE),
      lastModified: crl.thisUpdate,
      expires: crl.nextUpdate,
    });
  }

  #issuer(issuerId: IssuerId): Reply {
    const issuer = this.state.issuers.find(issuerId);
    if (!issuer) return this.state.asOf ? notFound() : catchingUp();
    const certificate = Buffer.from(issuer.certificate, 'base64');
    return document('application/pkix-cert', certificate, { etag: digest(certificate), maxAge: ISSUER_MAX_AGE });
  }

  #bundle(): Reply {
    if (!this.state.asOf) return catchingUp();
    const json = this.state.bundle.json();
    return document('application/json', json, { etag: digest(json), maxAge: BUNDLE_MAX_AGE });
  }

  #secondsUntil(end: Date, most: number): number {
    const left = (end.getTime() - this.clock.now().getTime()) / 1_000;
    return Math.max(0, Math.floor(Math.min(left, most)));
  }
}

const decode = (encoded: string): Buffer | undefined => {
  try {
    return decodeOcspGetPath(encoded);
  } catch (error) {
    if (error instanceof OcspError) return undefined;
    throw error;
  }
};

const digest = (bytes: Buffer): string => `"${createHash('sha256').update(bytes).digest('hex')}"`;
