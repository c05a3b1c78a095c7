import { type PublicClient } from '@cartulary/client';
import type { Issuer } from '@cartulary/contracts';
import type { Clock } from '@cartulary/runtime';
import type { IssuanceClient } from '@cartulary/service';
import { derToPem, pemToDer, verifyCrl } from '@cartulary/x509';

/** A CRL that must not be given to anybody; what was given before stays. */
export class UnfitCrlError extends Error {
  readonly code = 'UNFIT_CRL';
}

export interface CrlCollectionParts {
  readonly inventory: Pick<IssuanceClient, 'call'>;
  readonly publicSide: Pick<PublicClient, 'crl'>;
  readonly clock: Clock;
}

/**
 * The CRLs of every CA that a mesh proxy may meet in a chain. A proxy that is given a CRL wants one for each of them, and
 * swallows what is no CRL at all: so it is all of them, checked, or none.
 */
export class CrlCollection {
  /** Of the CRL of each issuer that was given out last. */
  readonly #numbers = new Map<string, bigint>();

  constructor(private readonly parts: CrlCollectionParts) {}

  /** PEM, in the order of the issuers. A CRL that has been emptied is one without entries, never a missing one. */
  async fetch(): Promise<string> {
    const { inventory, clock } = this.parts;
    const { issuers } = await inventory.call((client) => client.listIssuers({ query: { limit: 1000 } }));
    const now = clock.now();
    const pems: string[] = [];
    for (const issuer of issuers.filter((each) => isMet(each, now))) pems.push(await this.#fetch(issuer, now));
    if (pems.length === 0) throw new UnfitCrlError('no issuer has a CRL');
    return pems.join('');
  }

  async #fetch({ issuerId, certificate, crl }: Issuer, now: Date): Promise<string> {
    const der = await this.parts.publicSide.crl(issuerId);
    const { number = 0n, nextUpdate, baseNumber } = verifyCrl(der, pemToDer(certificate, 'CERTIFICATE'));
    if (baseNumber !== undefined) throw new UnfitCrlError(`a delta came for ${issuerId}`);
    if (!nextUpdate || nextUpdate <= now) throw new UnfitCrlError(`the CRL of ${issuerId} has expired`);
    const newest = BigInt(Math.max(crl?.number ?? 0, Number(this.#numbers.get(issuerId) ?? 0n)));
    if (number < newest) throw new UnfitCrlError(`an older CRL came for ${issuerId}`);
    this.#numbers.set(issuerId, number);
    return derToPem(der, 'X509 CRL');
  }
}

/** Not those of our own doors; and with a first CRL, before which nobody issues. */
const isMet = ({ purpose, status, notAfter, crlUrl, crl }: Issuer, now: Date): boolean =>
  !purpose.startsWith('system') &&
  status !== 'retired' &&
  new Date(notAfter) > now &&
  crlUrl !== undefined &&
  crl !== undefined;
