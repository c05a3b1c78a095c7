import { CertListOctets } from '../crl/cert-list-octets.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { type SigningUsage } from '../signer/signing-usage.js';
import { certificateRules } from './certificate-rules.js';
import { crlRules } from './crl-rules.js';
import { LintedEntries } from './crl/linted-entries.js';
import { canonicalProblem } from './der/canonical.js';
import { onlyElement } from './der/element.js';
import { applyRules, type Finding } from './finding.js';
import { guarded } from './guarded.js';
import { LintError } from './lint-error.js';
import { responseRules } from './ocsp-rules.js';
import { rehearse } from './rehearse.js';
import { certificateShape, crlShape, responseShape } from './shape.js';
import { type CertificateView, certificateView, signedCertificateView } from './view/certificate-view.js';
import { crlView } from './view/crl-view.js';
import { type KeyView, keyViewOf } from './view/key-view.js';
import { responseView } from './view/response-view.js';

export interface LintRequest {
  readonly usage: SigningUsage;
  /** Of a CRL, also in pieces. */
  readonly toBeSigned: Buffer | CertListOctets;
  /** The signing key's certificate, DER: more can be checked against it. */
  readonly certificate?: Buffer | undefined;
}

export interface LintKey {
  readonly keyId: string;
  readonly algorithm: PublicKeyAlgorithm;
  readonly spki: Buffer;
}

/** Is told of every finding; `refused` when it kept the object from being signed. */
export type LintListener = (finding: Finding, usage: SigningUsage) => void;

interface Inspected {
  readonly findings: readonly Finding[];
  /** The template that the object is one of; undefined where it can't be read. */
  readonly shape?: string;
  readonly innerAlgorithm?: string;
}

const maxShapes = 10_000;

/**
 * What a signer asks before each signature. Every object's bytes are read anew and held against every rule. The first
 * of each template (signing key, profile, form) is also signed with a throw-away key and looked at as a whole.
 */
export class Linter {
  readonly #keys = new Map<string, KeyView>();
  readonly #certificates = new Map<string, { readonly der: Buffer; readonly view: CertificateView }>();
  readonly #entries = new Map<string, LintedEntries>();
  readonly #rehearsed = new Map<string, Promise<void>>();
  #listener: LintListener = () => undefined;

  /** One listener: the last that was given. */
  listen(listener: LintListener): void {
    this.#listener = listener;
  }

  /** Throws LintError. Resolves at once (to nothing to wait for) unless the template is new. */
  check(request: LintRequest, key: LintKey): Promise<void> | undefined {
    const { findings, shape, innerAlgorithm } = this.#inspect(request, key);
    this.#report(findings, request.usage);
    if (shape === undefined) return undefined;
    const id = `${request.usage} ${key.keyId} ${innerAlgorithm} ${shape}`;
    const known = this.#rehearsed.get(id);
    if (known) return known === done ? undefined : known;
    if (this.#rehearsed.size >= maxShapes) this.#rehearsed.clear();
    const rehearsal = this.#rehearse({
      usage: request.usage,
      toBeSigned: whole(request),
      innerAlgorithm,
      algorithm: key.algorithm,
    }).then(
      () => void this.#rehearsed.set(id, done),
      (error: unknown) => {
        this.#rehearsed.delete(id);
        throw error;
      },
    );
    this.#rehearsed.set(id, rehearsal);
    return rehearsal;
  }

  async #rehearse(rehearsal: Parameters<typeof rehearse>[0]): Promise<void> {
    this.#report(await rehearse(rehearsal), rehearsal.usage);
  }

  #report(findings: readonly Finding[], usage: SigningUsage): void {
    if (findings.length === 0) return;
    for (const finding of findings) this.#listener(finding, usage);
    const errors = findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new LintError(errors);
  }

  #inspect(request: LintRequest, key: LintKey): Inspected {
    const { usage, certificate } = request;
    let read: Omit<Inspected, 'findings'> = {};
    const findings = guarded(`${usage}.der`, () => {
      const signing = { signingKey: this.#keyView(key), issuer: this.#certificateView(key.keyId, certificate) };
      switch (usage) {
        case 'certificate': {
          const view = certificateView(whole(request));
          read = { shape: certificateShape(view), innerAlgorithm: view.signatureAlgorithm };
          return applyRules(certificateRules, { certificate: view, ...signing });
        }
        case 'crl': {
          const view = crlView(request.toBeSigned, this.#lintedEntries(key.keyId));
          read = { shape: crlShape(view), innerAlgorithm: view.signatureAlgorithm };
          return applyRules(crlRules, { crl: view, ...signing });
        }
        case 'ocsp': {
          const view = responseView(whole(request));
          read = { shape: responseShape(view) };
          return applyRules(responseRules, { response: view, ...signing });
        }
        case 'csr': {
          const problem = canonicalProblem(onlyElement(whole(request), 0x30));
          return problem === undefined ? [] : [csrFinding(problem)];
        }
        // No form of X.509's.
        case 'transcript':
          return [];
      }
    });
    return { findings, ...read };
  }

  #lintedEntries(keyId: string): LintedEntries {
    const linted = this.#entries.get(keyId) ?? new LintedEntries();
    this.#entries.set(keyId, linted);
    return linted;
  }

  #keyView({ keyId, spki }: LintKey): KeyView {
    const view = this.#keys.get(keyId) ?? keyViewOf(spki);
    this.#keys.set(keyId, view);
    return view;
  }

  // Callers hold the certificate as text and decode it anew: it is compared by its bytes.
  #certificateView(keyId: string, der: Buffer | undefined): CertificateView | undefined {
    if (!der) return undefined;
    const known = this.#certificates.get(keyId);
    if (known?.der.equals(der)) return known.view;
    const view = signedCertificateView(der);
    this.#certificates.set(keyId, { der, view });
    return view;
  }
}

const done = Promise.resolve();

const whole = ({ toBeSigned }: LintRequest): Buffer =>
  toBeSigned instanceof CertListOctets ? toBeSigned.join() : toBeSigned;

const csrFinding = (message: string): Finding => ({
  rule: 'csr.der',
  section: 'X.690, sections 10 and 11; RFC 2986, section 4.1',
  severity: 'error',
  message,
});
