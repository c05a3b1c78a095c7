import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certificateFacts } from '../certificate/facts.js';
import { basicConstraintsOf, parseCertificate } from '../certificate/parsed-certificate.js';
import { isSignedBy, verifyChain } from '../certificate/verify-chain.js';
import { verifyCrl } from '../crl/parse-crl.js';
import { X509Error } from '../errors.js';
import { publicKeyFromSpki, readSignatureMethod, verifySignature } from '../signer/verify-signature.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { parsePublicKey } from '../signer/public-key.js';
import { ceremonyFiles, type SealedSeries } from './manifest.js';
import { type CeremonyPlan, crlNumberOf, planProblems, readPlan, setsOf } from './plan.js';
import { readCeremony, type ReadCeremony } from './read-ceremony.js';
import { SealedFiles } from './sealed-files.js';
import { readTranscript, sha256, type TranscriptEntry, transcriptToBeSigned } from './transcript.js';

export interface CeremonyVerification {
  readonly directory: string;
  /** Opens what is sealed, so that it is checked as well. */
  readonly sealPassphrase?: string;
  /** SHA-256 of the root's key, as it was written down by those present; else the directory vouches for itself. */
  readonly rootKeyHash?: string;
}

export interface VerifiedCeremony {
  readonly ceremony: ReadCeremony | undefined;
  readonly transcript: readonly TranscriptEntry[];
  /** In words; empty where everything holds. */
  readonly problems: readonly string[];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Checks transcript, hashes, signatures, chains, dates and what the sealed CRLs list. Throws nothing about the content. */
export const verifyCeremony = async (options: CeremonyVerification): Promise<VerifiedCeremony> => {
  const problems: string[] = [];
  const text = await readFile(join(options.directory, ceremonyFiles.transcript), 'utf8').catch(() => '');
  const transcript = readTranscript(text);
  problems.push(...transcript.problems);
  let ceremony: ReadCeremony | undefined;
  try {
    ceremony = await readCeremony(options.directory);
    const checks = new Checks(options, ceremony, transcript.entries, text);
    problems.push(...(await checks.all()));
  } catch (error) {
    problems.push(messageOf(error));
  }
  return { ceremony, transcript: transcript.entries, problems };
};

class Checks {
  readonly #problems: string[] = [];

  constructor(
    private readonly options: CeremonyVerification,
    private readonly ceremony: ReadCeremony,
    private readonly entries: readonly TranscriptEntry[],
    private readonly text: string,
  ) {}

  async all(): Promise<readonly string[]> {
    const plan = readPlan(await this.#read(ceremonyFiles.plan).then(String));
    this.#problems.push(...planProblems(plan).map((problem) => `plan: ${problem}`));
    await this.#hashes();
    await this.#try(ceremonyFiles.signature, () => this.#signature());
    this.#root();
    for (const issuer of plan.issuers) await this.#try(`issuer ${issuer.name}`, async () => this.#issuer(issuer, plan));
    await this.#dated(plan);
    await this.#sealed(plan);
    return this.#problems;
  }

  #read(file: string): Promise<Buffer> {
    return readFile(join(this.ceremony.directory, file));
  }

  #say(problem: string): void {
    this.#problems.push(problem);
  }

  async #try(what: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      const known = error instanceof X509Error || (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!known && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
      this.#say(`${what}: ${messageOf(error)}`);
    }
  }

  /** Every file that the ceremony says it has written is there as it was written, and every one that is used was. */
  async #hashes(): Promise<void> {
    const outputs = new Map<string, unknown>();
    for (const { type, data } of this.entries) if (type === 'output') outputs.set(String(data['file']), data['sha256']);
    const { manifest } = this.ceremony;
    const used = [
      ...[ceremonyFiles.plan, ceremonyFiles.root, ceremonyFiles.manifest],
      ...[...manifest.issuers, ...manifest.crls].map(({ file }) => file),
    ];
    for (const file of used) if (!outputs.has(file)) this.#say(`${file} is not in the transcript`);
    for (const [file, hash] of outputs) {
      const content = await this.#read(file).catch(() => undefined);
      if (!content) this.#say(`${file} is missing`);
      else if (sha256(content) !== hash) this.#say(`${file} is not the file that the ceremony wrote`);
    }
    const input = this.entries.find(({ type, data }) => type === 'input' && data['name'] === 'plan');
    if (input?.data['sha256'] !== outputs.get(ceremonyFiles.plan)) this.#say('the plan is not the one that was given');
  }

  async #signature(): Promise<void> {
    const signed = JSON.parse((await this.#read(ceremonyFiles.signature)).toString()) as Record<string, unknown>;
    const { spki, keyHash } = certificateFacts(this.ceremony.root);
    const { rootKeyHash = keyHash } = this.options;
    if (keyHash !== rootKeyHash) this.#say(`the root is not the one with key ${rootKeyHash}`);
    const key = parsePublicKey(spki);
    if (key.type === 'other') return this.#say('the root’s key is of no kind that signs here');
    const method = readSignatureMethod(signatureIdentifier(signatureAlgorithmFor(key.algorithm)));
    const bytes = transcriptToBeSigned(this.text);
    const signature = Buffer.from(String(signed['signature']), 'base64');
    if (!verifySignature(method, publicKeyFromSpki(spki), bytes, signature))
      this.#say('the transcript is not signed by the root: it was changed, or is of another ceremony');
  }

  #root(): void {
    const root = parseCertificate(this.ceremony.root);
    if (!root.subjectName.equals(root.issuerName) || !isSignedBy(root, root)) this.#say('the root is not self-signed');
    if (!basicConstraintsOf(root).ca) this.#say('the root is not a CA');
    const { keyHash } = certificateFacts(this.ceremony.root);
    if (keyHash !== this.ceremony.manifest.root.keyHash) this.#say('the manifest names another root');
  }

  #issuer({ name, kind, epoch, activeFrom, notAfter }: CeremonyPlan['issuers'][number], plan: CeremonyPlan): void {
    const issuer = this.ceremony.issuers.find((each) => each.name === name);
    if (!issuer) return this.#say(`issuer ${name} of the plan is missing`);
    const { certificate } = issuer;
    const facts = certificateFacts(certificate);
    const now = new Date(plan.from);
    verifyChain({ leaf: certificate, intermediates: [], anchors: [this.ceremony.root], now });
    const { ca, pathLength } = basicConstraintsOf(parseCertificate(certificate));
    if (!ca || pathLength !== (kind === 'intermediate' ? 1 : 0)) this.#say(`issuer ${name} is not a CA of its kind`);
    if (facts.notAfter.getTime() !== Date.parse(notAfter)) this.#say(`issuer ${name} does not end as planned`);
    if (issuer.serial !== facts.serial || issuer.keyHash !== facts.keyHash || issuer.kind !== kind)
      this.#say(`the manifest says of issuer ${name} what its certificate does not`);
    if (issuer.epoch !== epoch || issuer.activeFrom !== activeFrom) this.#say(`issuer ${name}: not the planned epoch`);
  }

  async #dated(plan: CeremonyPlan): Promise<void> {
    const { crls } = this.ceremony.manifest;
    for (const [date, planned] of plan.crls.entries()) {
      const file = crls.find(({ from }) => from === planned.from)?.file;
      if (file === undefined)
        this.#say(`there is no CRL from ${planned.from}: it ought to last until ${planned.nextUpdate}`);
      else
        await this.#try(file, async () => this.#crl(await this.#read(file), plan, { date, what: file, revoked: [] }));
    }
  }

  async #sealed(plan: CeremonyPlan): Promise<void> {
    const { manifest, directory, issuers } = this.ceremony;
    const { sealPassphrase } = this.options;
    const files =
      sealPassphrase === undefined
        ? undefined
        : await SealedFiles.open(join(directory, ceremonyFiles.sealed), sealPassphrase);
    for (const [index, names] of setsOf(plan).entries()) {
      const what = `sealed CRLs of ${names.join(' and ')}`;
      const series = manifest.sealed.find((each) => each.issuers.join('+') === names.join('+'));
      const noted = this.entries.find(
        ({ type, data }) => type === 'sealed' && data['file'] === `${ceremonyFiles.sealed}/${series?.file}`,
      );
      if (!series || !noted) this.#say(`${what}: missing`);
      else if (!files)
        await this.#try(what, async () => void (await this.#read(`${ceremonyFiles.sealed}/${series.file}`)));
      else
        await this.#try(what, async () => {
          const content = await files.read(series.file);
          if (sha256(content) !== noted.data['contentSha256']) this.#say(`${what}: not those that the ceremony wrote`);
          const { crls } = JSON.parse(content.toString()) as SealedSeries;
          const revoked = names.map((name) => issuers.find((issuer) => issuer.name === name)?.serial ?? '');
          for (const [date, planned] of plan.crls.entries()) {
            const found = crls.find(({ from }) => from === planned.from);
            if (!found) this.#say(`${what}: there is none from ${planned.from}`);
            else this.#crl(Buffer.from(found.crl, 'base64'), plan, { date, what, revoked, index });
          }
        });
    }
  }

  #crl(
    bytes: Buffer,
    plan: CeremonyPlan,
    { date, what, revoked, index }: { date: number; what: string; revoked: readonly string[]; index?: number },
  ): void {
    const planned = plan.crls[date]!;
    const crl = verifyCrl(bytes, this.ceremony.root);
    const set = index === undefined ? undefined : { index, size: revoked.length };
    if (crl.number !== BigInt(crlNumberOf(plan, date, set)))
      this.#say(`${what}: the CRL from ${planned.from} has a wrong number`);
    if (crl.nextUpdate?.getTime() !== Date.parse(planned.nextUpdate))
      this.#say(`${what}: the CRL from ${planned.from} does not last until ${planned.nextUpdate}`);
    if (crl.thisUpdate.getTime() > Date.parse(planned.from) + revoked.length * 1_000)
      this.#say(`${what}: the CRL from ${planned.from} is of a later date`);
    const listed = crl.entries.map(({ serial }) => serial).sort();
    const expected = [...plan.revoked.map(({ serial }) => serial), ...revoked].sort();
    if (listed.join() !== expected.join())
      this.#say(`${what}: the CRL from ${planned.from} lists other certificates than it must`);
  }
}
