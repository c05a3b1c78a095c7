import type { KeyObject } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import { systemCaller } from '@cartulary/access';
import { IssueCertificateCommand, type IssueRequest } from '@cartulary/issuance';
import { type DataDirectory, type IssuerDirectory, ownCertificate } from '@cartulary/service';
import { createCsr, type CsrContents, derToPem, generatePrivateKey } from '@cartulary/x509';

export interface Credentials {
  /** PEM. */
  readonly key: string;
  /** Leaf first, then its issuers below the root. PEM. */
  readonly cert: string;
}

export interface LocalCredentialsOptions {
  /** File name without `.key` and `.crt`. */
  readonly name: string;
  readonly csr: CsrContents;
  readonly request: Omit<IssueRequest, 'csr'>;
}

/** Key and certificate of our own, kept in the data directory; issued like any other, and anew in time. */
export class LocalCredentials {
  constructor(
    private readonly data: DataDirectory,
    private readonly commands: CommandBus,
    private readonly issuers: Pick<IssuerDirectory, 'all'>,
  ) {}

  /**
   * What is there, or new ones where that is missing, has less than a third of its life left, fits no more, or went with
   * an issuer that was cut off.
   */
  async ensure(options: LocalCredentialsOptions, now: Date): Promise<Credentials & { readonly renewed: boolean }> {
    const { name } = options;
    const [key, cert] = await Promise.all([this.data.read(`${name}.key`), this.data.read(`${name}.crt`)]);
    if (key && cert && isFresh(cert, key, options.csr, now) && !this.#isCutOff(cert))
      return { key, cert, renewed: false };
    const fresh = await this.#issue(options);
    await this.data.write(`${name}.key`, fresh.key, 0o600);
    await this.data.write(`${name}.crt`, fresh.cert, 0o644);
    return { ...fresh, renewed: true };
  }

  /** The issuer's certificate lies beside the leaf. */
  #isCutOff(cert: string): boolean {
    return this.issuers
      .all()
      .filter(({ status }) => status === 'compromised')
      .some(({ certificate }) => cert.includes(derToPem(Buffer.from(certificate, 'base64'), 'CERTIFICATE').trim()));
  }

  async #issue({ name, csr, request }: LocalCredentialsOptions): Promise<Credentials> {
    const privateKey = await generatePrivateKey('ecdsa-p256');
    const pem = derToPem(await createCsr(privateKey, csr), 'CERTIFICATE REQUEST');
    const context = { caller: systemCaller('standalone'), correlationId: `standalone-${name}` };
    const issued = await this.commands.execute(new IssueCertificateCommand({ ...request, csr: pem }, context));
    return { key: exportKey(privateKey), cert: `${issued.certificate}${issued.chain}` };
  }
}

const exportKey = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

/** A key and a certificate are two files: after a crash between them they may not belong together. */
const isFresh = (cert: string, key: string, { dnsNames = [], ipAddresses = [] }: CsrContents, now: Date): boolean => {
  try {
    const own = ownCertificate(key, cert);
    const [from, to] = [own.notBefore.getTime(), own.notAfter.getTime()];
    const named = [...own.dnsNames, ...own.ipAddresses];
    const fits = [...dnsNames, ...ipAddresses].every((name) => named.includes(name));
    return fits && to - now.getTime() > (to - from) / 3;
  } catch {
    return false;
  }
};
