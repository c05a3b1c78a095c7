import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CartularyClient, ProblemError, PublicClient } from '@cartulary/client';
import type { FullCertificate } from '@cartulary/contracts';
import { pemChainToDer, verifyChain } from '@cartulary/x509';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import { type KeyAndRequest, makeRequest } from '../issue/request.js';
import type { Output } from '../output/output.js';
import { paintStatus } from '../output/style.js';
import { span } from '../output/time.js';
import { lists, RelyingParty } from './relying-party.js';
import { Stepper } from './stepper.js';

/** Where the services answer; standalone at one address for all. */
export interface Place {
  readonly urls: Readonly<Record<'issuance' | 'revocation' | 'inventory', string>>;
  readonly publicUrl: string;
  /** With `root.crt` and the first operator's `operator.crt` and `operator.key`. */
  readonly dataDirectory: string;
  readonly trustDomain: string;
}

/** One certificate's whole life against the running services, as a client and as a relying party see it. */
export const walk = async (context: CliContext, output: Output, place: Place): Promise<void> => {
  const read = (name: string): Promise<string> => readFile(join(place.dataDirectory, name), 'utf8');
  const [ca, cert, key] = await Promise.all([read('root.crt'), read('operator.crt'), read('operator.key')]);
  const { signal } = context;
  const connect = (baseUrl: string): CartularyClient =>
    new CartularyClient({ baseUrl, tls: { ca, cert, key }, signal });
  const { issuance, revocation, inventory } = place.urls;
  const clients = {
    issuance: connect(issuance),
    revocation: connect(revocation),
    inventory: connect(inventory),
  };
  const publicClient = new PublicClient({ baseUrl: place.publicUrl, signal });
  const { style } = output;
  output.line();
  output.line(
    `  ${style.bold('One certificate’s whole life')} ${style.dim('– each step against the running service')}`,
  );
  output.line();
  try {
    await takeSteps({ context, output, place, clients, publicClient, anchors: pemChainToDer(ca) });
  } finally {
    await Promise.all([...Object.values(clients), publicClient].map((client) => client.close()));
  }
};

interface Scene {
  readonly context: CliContext;
  readonly output: Output;
  readonly place: Place;
  readonly clients: Readonly<Record<keyof Place['urls'], CartularyClient>>;
  readonly publicClient: PublicClient;
  readonly anchors: readonly Buffer[];
}

const takeSteps = async ({ context, output, place, clients, publicClient, anchors }: Scene): Promise<void> => {
  const { style } = output;
  const { issuance, revocation, inventory } = clients;
  const { step } = bind(new Stepper(output, context.columns));
  const ms = (milliseconds: number): string => style.bold(`${Math.round(milliseconds)} ms`);
  const serialText = (serial: string): string => style.cyan(serial);
  const good = paintStatus('good', style);
  const revoked = (reason: string): string => `${paintStatus('revoked', style)} (${reason})`;

  // Each walk has an identity of its own: the ledger's position grows with every one.
  const { position } = await inventory.listIdentities({ query: { limit: 1 } });
  const identity = `spiffe://${place.trustDomain}/ns/demo/sa/walk-${position}`;
  await step('registered', async () => {
    await issuance.registerIdentity({ body: { id: identity } });
    return [identity];
  });

  let request: KeyAndRequest = { keyPem: '', csrPem: '' };
  await step('key, CSR', async () => {
    request = await makeRequest('ecdsa-p256', { uris: [identity] });
    return ['ECDSA P-256, made here: the key never leaves'];
  });

  let first!: FullCertificate;
  let party!: RelyingParty;
  await step('issued', async () => {
    first = await issuance.issueCertificate({ body: { csr: request.csrPem, identity } });
    const path = verifiedPath(first, anchors, context.now());
    const issuer = path[1] ?? Buffer.alloc(0);
    party = new RelyingParty(publicClient, first.issuerId, issuer, context.now, context.signal);
    const names =
      path.length === 4 ? 'leaf → issuer → intermediate → root' : `${path.length} certificates up to the root`;
    return [`${serialText(first.serial)} for ${lifetime(first, context.now())}`, style.dim(`chain verified: ${names}`)];
  });

  await step('asked', async () => {
    await party.untilOcsp(first.serial, 'good', performance.now());
    const crl = await party.crl();
    if (lists(crl, first.serial)) throw new CliError('refused', `CRL ${crl.number} lists a good certificate`);
    return [`OCSP ${good} · CRL ${crl.number} does not list it`];
  });

  let second!: FullCertificate;
  await step('renewed', async () => {
    const { csrPem } = await makeRequest('ecdsa-p256', { uris: [identity] });
    second = await issuance.renewCertificate({ params: { serial: first.serial }, body: { csr: csrPem } });
    if (second.predecessor !== first.serial || second.keyHash === first.keyHash) {
      throw new CliError('refused', 'the renewal is not linked to its predecessor, or has its key');
    }
    return [`${serialText(second.serial)}, a new key, linked to its predecessor`];
  });
  const { serial } = second;
  await party.untilOcsp(serial, 'good', performance.now());

  const revoke = async (reason: 'certificateHold' | 'keyCompromise'): Promise<string> => {
    const asked = performance.now();
    await revocation.createRevocation({ body: { serial, reason } });
    const [ocsp, crl] = await Promise.all([
      party.untilOcsp(serial, 'revoked', asked),
      party.untilCrl(serial, true, asked),
    ]);
    const said = ocsp.answer.status.type === 'revoked' ? (ocsp.answer.status.reason ?? 'unspecified') : '';
    if (said !== reason) throw new CliError('refused', `OCSP says ${said}, not ${reason}`);
    return `OCSP ${revoked(said)} after ${ms(ocsp.milliseconds)} · in CRL ${crl.answer.number} after ${ms(crl.milliseconds)}`;
  };
  await step('held', async () => [await revoke('certificateHold')]);

  await step('released', async () => {
    const asked = performance.now();
    await revocation.releaseCertificate({ params: { serial } });
    const [ocsp, crl] = await Promise.all([
      party.untilOcsp(serial, 'good', asked),
      party.untilCrl(serial, false, asked),
    ]);
    return [
      `OCSP ${good} after ${ms(ocsp.milliseconds)} · gone from CRL ${crl.answer.number} after ${ms(crl.milliseconds)}`,
    ];
  });

  await step('revoked', async () => {
    const told = await revoke('keyCompromise');
    const { csrPem } = await makeRequest('ecdsa-p256', { uris: [identity] });
    const code = await refusal(issuance.renewCertificate({ params: { serial }, body: { csr: csrPem } }));
    return [told, style.dim(`a renewal is refused: ${code}`)];
  });

  await step('history', async () => {
    const { events } = await inventory.getCertificateHistory({ params: { serial } });
    const told = events.map((event) => `${event.type.replace('Certificate', '')}${style.dim(` ${event.position}`)}`);
    return [told.join(style.dim(' → ')) + style.dim('   (ledger positions)')];
  });
};

const bind = (stepper: Stepper): { step: Stepper['step'] } => ({ step: stepper.step.bind(stepper) });

/** Leaf to root; throws where the chain does not verify. */
const verifiedPath = (issued: FullCertificate, anchors: readonly Buffer[], now: Date): readonly Buffer[] => {
  const [leaf] = pemChainToDer(issued.certificate);
  if (!leaf) throw new CliError('refused', 'no certificate was answered');
  return verifyChain({ leaf, intermediates: pemChainToDer(issued.chain), anchors, now });
};

/** To the minute: the answer is a few milliseconds younger than the certificate. */
const lifetime = ({ notAfter }: FullCertificate, now: Date): string =>
  span(Math.round((new Date(notAfter).getTime() - now.getTime()) / 60_000) * 60_000);

const refusal = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
  throw new CliError('refused', 'a revoked certificate was renewed');
};
