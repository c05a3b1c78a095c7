import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { derToPem } from '../asn1/pem.js';
import { newSerial } from '../asn1/serial.js';
import { describeCertificate } from '../certificate/describe-certificate.js';
import { certificateFacts } from '../certificate/facts.js';
import { issueCertificate, type IssuerReference } from '../certificate/issue-certificate.js';
import { verifyCsr } from '../csr/verify-csr.js';
import { IssuerImportError } from '../errors.js';
import { signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { describePrivateKey, generatePrivateKey } from '../signer/private-key.js';
import { type Signer } from '../signer/signer.js';
import { ceremonyFiles, type CeremonyIssuer, type CeremonyManifest, type SealedSeries } from './manifest.js';
import { type CeremonyPlan, type PlannedIssuer, planProblems, readPlan, setsOf } from './plan.js';
import { SealedFiles } from './sealed-files.js';
import { ceremonySubject, signRootCrl } from './sign.js';
import { sha256, Transcript, transcriptToBeSigned } from './transcript.js';

export interface CeremonyOptions {
  /** The plan as it was read by those present: its bytes go into the transcript. */
  readonly planText: string;
  readonly root: IssuerReference;
  readonly signer: Signer;
  /** Empty, or made. */
  readonly directory: string;
  /** Encrypts what is handed over: keys made here. */
  readonly transportPassphrase: string;
  /** Encrypts the CRLs that cut issuers off. */
  readonly sealPassphrase: string;
  /** PKCS #10 by issuer's name, PEM, for keys that stay where they were made. */
  readonly requests?: Readonly<Record<string, string>>;
  readonly witnesses: readonly string[];
  readonly tool: string;
  readonly now: () => Date;
  /** scrypt's cost as a power of two, for tests. */
  readonly logN?: number;
}

const refuse = (message: string): IssuerImportError => new IssuerImportError('ISSUER_IMPORT_MALFORMED', message);
const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/**
 * Signs everything that the plan says into the directory, with a transcript that the root signs. Nothing is read but what
 * is given. Throws IssuerImportError where plan, root or a request doesn't fit; the directory is then to be thrown away.
 */
export const holdCeremony = async (options: CeremonyOptions): Promise<CeremonyManifest> =>
  new Ceremony(options, readPlan(options.planText)).hold();

class Ceremony {
  readonly #transcript = new Transcript();

  constructor(
    private readonly options: CeremonyOptions,
    private readonly plan: CeremonyPlan,
  ) {}

  async hold(): Promise<CeremonyManifest> {
    const { options, plan } = this;
    this.#check();
    const { transportPassphrase, sealPassphrase, directory, root, logN } = options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const sealed = await SealedFiles.open(join(directory, ceremonyFiles.sealed), sealPassphrase, logN);
    const needsKeys = plan.issuers.some(({ name }) => !options.requests?.[name]);
    const keys = needsKeys
      ? await SealedFiles.open(join(directory, ceremonyFiles.keys), transportPassphrase, logN)
      : undefined;
    const { tool, witnesses } = options;
    this.#note('begun', { tool, witnesses, trustDomain: plan.trustDomain });
    this.#note('input', { name: 'plan', sha256: sha256(options.planText) });
    this.#note('root', this.#facts(root.certificate));
    await this.#write(ceremonyFiles.plan, options.planText);
    await this.#write(ceremonyFiles.root, derToPem(root.certificate, 'CERTIFICATE'));

    const issuers: CeremonyIssuer[] = [];
    for (const issuer of plan.issuers) issuers.push(await this.#issuer(issuer, keys));
    const crls = await this.#dated();
    const series = await this.#sealed(issuers, sealed);
    const { keyHash } = certificateFacts(root.certificate);
    const manifest: CeremonyManifest = {
      ...{ version: 1, trustDomain: plan.trustDomain, publicUrl: plan.publicUrl },
      ...{ root: { file: ceremonyFiles.root, keyHash }, issuers, crls, sealed: series },
    };
    await this.#write(ceremonyFiles.manifest, `${JSON.stringify(manifest, undefined, 2)}\n`);
    await this.#end();
    return manifest;
  }

  #check(): void {
    const { plan } = this;
    const { notBefore, notAfter } = certificateFacts(this.options.root.certificate);
    const problems = [...planProblems(plan)];
    const { ca, pathLength } = describeCertificate(this.options.root.certificate);
    const deep = plan.issuers.some(({ kind }) => kind === 'intermediate');
    if (!ca || (pathLength ?? 9) < (deep ? 2 : 1))
      problems.push('the root may not sign these issuers: its path length');
    if (this.#notBefore() < notBefore) problems.push('the root is not valid yet when the plan begins');
    if (new Date(plan.rootNotAfter) > notAfter) problems.push('the root ends before the plan says');
    for (const name of Object.keys(this.options.requests ?? {}))
      if (!plan.issuers.some((issuer) => issuer.name === name)) problems.push(`the plan has no issuer ${name}`);
    if (problems.length > 0) throw refuse(problems.join('; '));
  }

  #notBefore(): Date {
    return new Date(Date.parse(this.plan.from) - this.plan.skewSeconds * 1_000);
  }

  async #issuer(issuer: PlannedIssuer, keys: SealedFiles | undefined): Promise<CeremonyIssuer> {
    const { root, signer, requests } = this.options;
    const { trustDomain, publicUrl, keyAlgorithm } = this.plan;
    const { name, kind, epoch, activeFrom } = issuer;
    const request = requests?.[name];
    let spki: Buffer;
    if (request !== undefined) {
      this.#note('input', { name: `${name}.csr`, sha256: sha256(request) });
      ({ spki } = await verifyCsr(request));
    } else {
      const privateKey = await generatePrivateKey(keyAlgorithm);
      spki = describePrivateKey(privateKey).spki;
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
      await keys?.write(`${name}.json`, Buffer.from(pem));
    }
    const rootId = certificateFacts(root.certificate).keyHash.slice(0, 16);
    // No OCSP: a delegate signed years ahead could not be taken back. The root's CRL says what there is to say.
    const publications = {
      caIssuersUrl: `${publicUrl}/issuers/${rootId}.cer`,
      crlUrl: `${publicUrl}/crl/${rootId}.crl`,
    };
    const dates = { notBefore: this.#notBefore(), notAfter: new Date(issuer.notAfter) };
    const common = { serial: newSerial(), spki, publications, ...dates };
    const subject = ceremonySubject(trustDomain, kind, spki);
    const certificate = await issueCertificate(
      kind === 'intermediate'
        ? { profile: 'intermediate', subject, ...common }
        : { profile: 'issuer', kind, trustDomain, subject, ...common },
      root,
      signer,
    );
    const file = `issuers/${name}.crt`;
    await this.#write(file, derToPem(certificate, 'CERTIFICATE'));
    this.#note('issuer', { name, ...this.#facts(certificate) });
    const { serial, keyHash } = certificateFacts(certificate);
    const key = request === undefined ? { key: `${name}.json` } : {};
    return { name, kind, epoch, activeFrom, file, serial, keyHash, ...key };
  }

  async #dated(): Promise<CeremonyManifest['crls']> {
    const made = [];
    for (const [date] of this.plan.crls.entries()) {
      const { bytes, ...crl } = await signRootCrl(this.options, this.plan, { date, revoked: [] });
      const file = `crls/${String(date + 1).padStart(4, '0')}.crl`;
      await this.#write(file, bytes, crl);
      made.push({ ...crl, file });
    }
    return made;
  }

  async #sealed(issuers: readonly CeremonyIssuer[], files: SealedFiles): Promise<CeremonyManifest['sealed']> {
    const made = [];
    for (const [index, names] of setsOf(this.plan).entries()) {
      const revoked = names.map((name) => issuers.find((issuer) => issuer.name === name)!.serial);
      const series: SealedSeries['crls'][number][] = [];
      for (const [date] of this.plan.crls.entries()) {
        const { bytes, ...crl } = await signRootCrl(this.options, this.plan, { date, revoked, index });
        series.push({ ...crl, crl: bytes.toString('base64') });
      }
      const file = `${names.join('+')}.json`;
      const content = Buffer.from(JSON.stringify({ crls: series } satisfies SealedSeries));
      await files.write(file, content);
      // Of what is inside: whoever opens the box can tell that it is this one.
      this.#note('sealed', { issuers: names, file: `${ceremonyFiles.sealed}/${file}`, contentSha256: sha256(content) });
      made.push({ issuers: names, file });
    }
    return made;
  }

  async #end(): Promise<void> {
    const { signer, root, directory } = this.options;
    this.#note('ended', {});
    const text = this.#transcript.text();
    const signature = await signer.sign({
      keyId: root.keyId,
      usage: 'transcript',
      toBeSigned: transcriptToBeSigned(text),
    });
    const key = await signer.key(root.keyId);
    const signed = {
      ...{ version: 1, sha256: sha256(text), keyHash: key.keyHash },
      ...{ algorithm: signatureAlgorithmFor(key.algorithm), signature: signature.toString('base64') },
    };
    await writeFile(join(directory, ceremonyFiles.transcript), text, { mode: 0o600, flag: 'wx' });
    const path = join(directory, ceremonyFiles.signature);
    await writeFile(path, `${JSON.stringify(signed, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  }

  /** Never over a file that is there. */
  async #write(file: string, content: string | Buffer, facts: object = {}): Promise<void> {
    const path = join(this.options.directory, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    this.#note('output', { file, sha256: sha256(content), ...facts });
  }

  #note(type: Parameters<Transcript['add']>[0], data: Parameters<Transcript['add']>[2]): void {
    this.#transcript.add(type, this.options.now(), data);
  }

  #facts(certificate: Buffer): Record<string, unknown> {
    const { serial, subject, notBefore, notAfter, keyAlgorithm, keyHash, fingerprint } =
      describeCertificate(certificate);
    const dates = { notBefore: seconds(notBefore), notAfter: seconds(notAfter) };
    return { serial, subject, ...dates, keyAlgorithm, keyHash, fingerprint };
  }
}
