import { randomUUID } from 'node:crypto';
import type { CartularyClient } from '@cartulary/client';
import { until } from './collect.js';
import type { KafkaStage } from './kafka-stage.js';
import { newCsr } from './persistent-client.js';

const identity = 'spiffe://cluster.local/ns/takeover/sa/one';

const issue = async (client: CartularyClient): Promise<{ serial: string; keyHash: string }> => {
  const csr = await newCsr();
  return client.issueCertificate({ idempotencyKey: randomUUID(), body: { csr, identity } });
};

/** Milliseconds from kill -9 of one replica of a service until the other has done what the group does. */
const takeover = async (
  stage: KafkaStage,
  service: 'revocation' | 'inventory',
  killed: number,
  done: (survivor: CartularyClient, issuance: CartularyClient) => Promise<void>,
): Promise<number> => {
  const { cluster } = stage;
  const survivor = cluster.client(cluster.one(service, 1 - killed));
  const victim = cluster.one(service, killed);
  await victim.kill();
  const start = performance.now();
  await done(survivor, cluster.client(cluster.one('issuance')));
  const took = Math.round(performance.now() - start);
  await stage.startAgain(victim);
  return took;
};

/** Blocks the key of a new certificate, and waits until that is revoked for it. */
export const blockNewKey = async (revocation: CartularyClient, issuance: CartularyClient): Promise<void> => {
  const { serial, keyHash } = await issue(issuance);
  const blocked = async (): Promise<true | undefined> => {
    const { certificates } = await revocation.createRevocation({ body: { keyHash, reason: 'keyCompromise' } });
    return certificates?.includes(serial) || undefined;
  };
  await until(blocked, 'the block of a key');
};

/** Of the consumer that revokes the certificates of a blocked key. */
export const takeoverOfBlocks = (stage: KafkaStage, killed: number): Promise<number> =>
  takeover(stage, 'revocation', killed, blockNewKey);

/** Of the consumer that fills the inventory's tables. */
export const takeoverOfInventory = (stage: KafkaStage, killed: number): Promise<number> =>
  takeover(stage, 'inventory', killed, async (survivor, issuance) => {
    const { serial } = await issue(issuance);
    const listed = async (): Promise<true | undefined> => {
      const { certificates } = await survivor.listCertificates({ query: { identity } });
      return certificates.some((certificate) => certificate.serial === serial) || undefined;
    };
    await until(listed, 'the list of certificates');
  });
