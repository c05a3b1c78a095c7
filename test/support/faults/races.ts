import { randomUUID } from 'node:crypto';
import { type CartularyClient, ProblemError } from '@cartulary/client';
import { createCsr, derToPem, generatePrivateKey } from '@cartulary/x509';
import type { Call } from './persistent-client.js';
import type { Random } from './random.js';

export interface Raced {
  /** What was acknowledged, by name, with its position. */
  readonly acknowledged: readonly { readonly what: string; readonly position: number }[];
  /** The codes of what was refused. */
  readonly refused: readonly string[];
}

type Contender = readonly [what: string, send: () => Promise<{ readonly position: number }>];

/** Starts all at once, in an order that the seed decides. */
const race = async (contenders: readonly Contender[], random: Random): Promise<Raced> => {
  const shuffled = contenders
    .map((contender) => ({ contender, at: random.next() }))
    .sort((one, other) => one.at - other.at);
  const outcomes = await Promise.all(
    shuffled.map(async ({ contender: [what, send] }) => {
      try {
        return { what, position: (await send()).position };
      } catch (error) {
        if (error instanceof ProblemError && error.status < 500) return error.code;
        throw error;
      }
    }),
  );
  return {
    acknowledged: outcomes.filter((outcome) => typeof outcome !== 'string'),
    refused: outcomes.filter((outcome) => typeof outcome === 'string'),
  };
};

const call = (): Call => {
  const key = randomUUID();
  return { idempotencyKey: key, correlationId: key };
};

const requestOf = async (): Promise<string> =>
  derToPem(await createCsr(await generatePrivateKey('ecdsa-p256')), 'CERTIFICATE REQUEST');

const identityOf = (name: string): string => `spiffe://cluster.local/ns/race/sa/${name}`;

/** Three issuances, a renewal and a suspension of one identity. */
export const raceSuspension = async (client: CartularyClient, name: string, random: Random): Promise<Raced> => {
  const identity = identityOf(name);
  const [csr, ...csrs] = await Promise.all([requestOf(), requestOf(), requestOf(), requestOf()]);
  const { serial } = await client.issueCertificate({ ...call(), body: { csr: csr!, identity } });
  const issuances = csrs
    .slice(1)
    .map((other) => ['issue', () => client.issueCertificate({ ...call(), body: { csr: other, identity } })] as const);
  const renewal = () => client.renewCertificate({ ...call(), params: { serial }, body: { csr: csrs[0]! } });
  const suspension = () => client.suspendIdentity({ ...call(), params: { id: identity } });
  return race([...issuances, ['renew', renewal], ['suspend', suspension]], random);
};

/** Three issuances for one key, under several identities, and its block. */
export const raceBlock = async (client: CartularyClient, name: string, random: Random): Promise<Raced> => {
  const csr = await requestOf();
  const issue = (suffix: string) =>
    client.issueCertificate({ ...call(), body: { csr, identity: identityOf(`${name}-${suffix}`) } });
  const { keyHash } = await issue('first');
  const block = () => client.createRevocation({ ...call(), body: { keyHash, reason: 'keyCompromise' } });
  const issuances = ['a', 'b', 'c'].map((suffix) => ['issue', () => issue(suffix)] as const);
  return race([...issuances, ['block', block]], random);
};

/** Holds, releases and (in half of the races) a revocation of one certificate that is on hold. */
export const raceStatus = async (client: CartularyClient, name: string, random: Random): Promise<Raced> => {
  const csr = await requestOf();
  const { serial } = await client.issueCertificate({ ...call(), body: { csr, identity: identityOf(name) } });
  const revoke = (reason: 'certificateHold' | 'superseded') => () =>
    client.createRevocation({ ...call(), body: { serial, reason } });
  const release = () => client.releaseCertificate({ ...call(), params: { serial } });
  await revoke('certificateHold')();
  const contenders: Contender[] = [
    ['release', release],
    ['hold', revoke('certificateHold')],
    ['release', release],
    ['hold', revoke('certificateHold')],
  ];
  if (random.next() < 0.5) contenders.push(['revoke', revoke('superseded')]);
  return race(contenders, random);
};
