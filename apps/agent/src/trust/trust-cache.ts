import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '@cartulary/runtime';
import type { Entitlement } from '../authority/authority.js';
import type { ServiceRules } from '../mesh/service-rules.js';
import { AgentFiles } from '../configuration/agent-files.js';
import { checkBundle } from './check-bundle.js';
import { type CheckedCrl, checkCrl } from './check-crl.js';
import { TrustRefusedError } from './errors.js';
import { authoritiesOf, type TrustState, trustState } from './trust-state.js';

interface Document {
  readonly position: number;
  readonly trustDomain: string;
  readonly sequence: number;
  /** Base64 of DER. */
  readonly anchors: readonly string[];
  readonly intermediates: readonly string[];
  readonly crls: readonly { readonly issuerId: string; readonly number: string; readonly der: string }[];
  readonly entitlements: readonly Entitlement[];
  /** Undefined where none were heard of. */
  readonly services?: readonly ServiceRules[];
}

export interface Kept {
  readonly position: number;
  /** Undefined where nothing of it is good any more. */
  readonly state?: TrustState;
  readonly entitlements: readonly Entitlement[];
  /** Undefined where none were heard of. */
  readonly services?: readonly ServiceRules[];
}

const FILE = 'last-good.json';
const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** Bundle, CRLs and entitlements as they were last, for a start while the CA is away. Nothing in it is secret. */
@Injectable()
export class TrustCache {
  readonly #logger = new Logger(TrustCache.name);

  constructor(
    private readonly files: AgentFiles,
    private readonly clock: Clock,
  ) {}

  /** What is there is checked as if it came from the CA; what isn't good, is missing. */
  async read(): Promise<Kept | undefined> {
    const text = await this.files.read(FILE);
    if (text === undefined) return undefined;
    try {
      const document = JSON.parse(text) as Document;
      const { position, entitlements, services } = document;
      const state = this.#state(document);
      return { position, entitlements, ...(services && { services }), ...(state && { state }) };
    } catch (error) {
      this.#logger.warn(`${FILE} is of no use: ${String(error)}`);
      return undefined;
    }
  }

  async write(
    { bundle, crls }: TrustState,
    position: number,
    entitlements: readonly Entitlement[],
    services?: readonly ServiceRules[],
  ): Promise<void> {
    const document: Document = {
      position,
      trustDomain: bundle.trustDomain,
      sequence: bundle.sequence,
      anchors: bundle.anchors.map((der) => der.toString('base64')),
      intermediates: bundle.intermediates.map((der) => der.toString('base64')),
      crls: crls.map(({ issuerId, number, der }) => ({
        issuerId,
        number: String(number),
        der: der.toString('base64'),
      })),
      entitlements,
      ...(services && { services }),
    };
    await this.files.write(FILE, JSON.stringify(document), 0o644);
  }

  #state(document: Document): TrustState | undefined {
    const now = this.clock.now();
    const { trustDomain, sequence } = document;
    const anchors = document.anchors.map(bytes);
    const intermediates = document.intermediates.map(bytes);
    try {
      const bundle = checkBundle({ trustDomain, sequence, anchors, intermediates }, now);
      const crls = document.crls.flatMap(({ issuerId, number, der }): CheckedCrl[] => {
        const received = { issuerId, number: BigInt(number), der: bytes(der) };
        try {
          return [checkCrl(received, { authorities: authoritiesOf(bundle), now })];
        } catch (error) {
          if (error instanceof TrustRefusedError) return [];
          throw error;
        }
      });
      return trustState(bundle, crls);
    } catch (error) {
      if (!(error instanceof TrustRefusedError)) throw error;
      this.#logger.warn(`the kept bundle is of no use: ${error.message}`);
      return undefined;
    }
  }
}
