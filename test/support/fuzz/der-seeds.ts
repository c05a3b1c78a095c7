import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  buildOcspRequest,
  createCsr,
  generatePrivateKey,
  newSerial,
  parseOcspRequest,
  RevokedEntries,
  signOcspResponse,
} from '@cartulary/x509';
import { DerTree, publishCrl, TestHierarchy } from '@cartulary/x509/testing';
import type { Random } from '../faults/random.js';
import { mutateGrammar } from './mutate-der.js';

const contents = [
  {},
  { subject: [{ type: 'CN', value: 'a workload' }] as const },
  { uris: ['spiffe://cluster.local/ns/fuzz/sa/web'] },
  { subject: [{ type: 'O', value: 'x' }] as const, dnsNames: ['a.example'], ipAddresses: ['10.0.0.1', '2001:db8::1'] },
];

export interface CsrSeed {
  readonly key: KeyObject;
  readonly der: Buffer;
}

/** Requests that are all accepted. */
export const csrSeeds = async (): Promise<CsrSeed[]> => {
  const seeds: CsrSeed[] = [];
  for (const algorithm of ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048'] as const) {
    const key = await generatePrivateKey(algorithm);
    for (const each of contents) seeds.push({ key, der: await createCsr(key, each) });
  }
  return seeds;
};

const hashOf = ({ asymmetricKeyType }: KeyObject, der: Buffer): string | null => {
  if (asymmetricKeyType === 'ed25519') return null;
  return createPublicKey({ key: DerTree.parse(der).at(0, 2).encode(), format: 'der', type: 'spki' })
    .asymmetricKeyDetails?.namedCurve === 'secp384r1'
    ? 'sha384'
    : 'sha256';
};

/** Changed in its grammar and signed again: gets past the proof of possession. */
export const resigned = ({ key, der }: CsrSeed, random: Random): Buffer => {
  const tree = DerTree.parse(der);
  const info = mutateGrammar(tree.at(0).encode(), random);
  const signature = sign(hashOf(key, der), info, key);
  const [, algorithm] = tree.children!;
  return new DerTree(
    0x30,
    Buffer.concat([info, algorithm!.encode(), new DerTree(0x03, Buffer.concat([Buffer.alloc(1), signature])).encode()]),
  ).encode();
};

export interface ParserSeeds {
  readonly certificates: readonly Buffer[];
  readonly crls: readonly Buffer[];
  readonly ocspRequests: readonly Buffer[];
  readonly ocspResponses: readonly Buffer[];
  readonly issuer: Buffer;
}

const minute = 60_000;

export const parserSeeds = async (now: Date): Promise<ParserSeeds> => {
  const at = await TestHierarchy.create(now);
  const { certificate: issuer } = at.issuers.workload;
  const publications = { ocspUrl: 'http://a.example/ocsp', crlUrl: 'http://a.example/a.crl' };
  const leaf = await at.workload(undefined, 'ecdsa-p256', publications);
  const rsa = await at.workload(undefined, 'rsa-2048');
  const server = await at.server(['a.example'], ['10.0.0.1']);
  const responder = await at.responder('workload');
  const entries = new RevokedEntries();
  for (const reason of ['keyCompromise', 'certificateHold', 'unspecified'] as const) {
    entries.set({ serial: newSerial(), revokedAt: now, reason, invalidityDate: now }, new Date(now.getTime() + minute));
  }
  const dates = { thisUpdate: now, nextUpdate: new Date(now.getTime() + 60 * minute) };
  const nonce = Buffer.alloc(32, 7);
  const ocspRequests = [
    buildOcspRequest(issuer, [leaf.serial]),
    buildOcspRequest(issuer, [leaf.serial], { nonce, hash: 'sha256' }),
    buildOcspRequest(issuer, [leaf.serial, newSerial(), newSerial()], { hash: 'sha256' }),
  ];
  const certId = parseOcspRequest(ocspRequests[1]!).certIds[0]!.der;
  const answer = (status: Parameters<typeof signOcspResponse>[0]['responses'][number]['status']) =>
    signOcspResponse(
      { producedAt: now, responses: [{ certId, status, ...dates }], nonce },
      { keyId: responder.keyId, certificate: responder.certificate },
      responder.signer,
    );
  return {
    certificates: [
      at.root.certificate,
      issuer,
      leaf.certificate,
      rsa.certificate,
      server.certificate,
      responder.certificate,
    ],
    crls: [
      await publishCrl(at.issuers.workload, at.signer, entries, 9n, dates),
      await publishCrl(at.issuers.workload, at.signer, new RevokedEntries(), 10n, dates),
    ],
    ocspRequests,
    ocspResponses: [
      await answer({ type: 'good' }),
      await answer({ type: 'revoked', revokedAt: now, reason: 'keyCompromise' }),
    ],
    issuer,
  };
};
