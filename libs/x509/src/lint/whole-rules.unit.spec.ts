import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { assembleSigned } from '../asn1/assemble-signed.js';
import { bitString, integer, nullValue, objectIdentifier, sequence } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { generatePrivateKey, signWithKey } from '../signer/private-key.js';
import { DerTree } from '../testing/der-tree.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { applyRules } from './finding.js';
import { guarded } from './guarded.js';
import { tbsOf } from './planting.fixture.spec.js';
import { type SignedObject } from './whole/signed-object.js';
import { wholeRules } from './whole-rules.js';

let toBeSigned: Buffer;
let whole: Buffer;
let publicKey: KeyObject;
const algorithm = sequence(objectIdentifier(oid.ecdsaWithSha256));

beforeAll(async () => {
  const at = await TestHierarchy.create(new Date('2026-11-22T10:00:00Z'));
  toBeSigned = tbsOf((await at.workload()).certificate);
  const key = await generatePrivateKey('ecdsa-p256');
  publicKey = createPublicKey(key);
  whole = assembleSigned(toBeSigned, 'ecdsa-sha256', await signWithKey(key, 'ecdsa-p256', toBeSigned));
});

const rulesOf = (more: Partial<SignedObject> = {}): string[] => {
  const innerAlgorithm = algorithm.toString('hex');
  const object = { usage: 'certificate' as const, whole, toBeSigned, innerAlgorithm, publicKey, ...more };
  return guarded('whole.der', () => applyRules(wholeRules, object)).map(({ rule }) => rule);
};

const changed = (change: (tree: DerTree) => void): Buffer => {
  const tree = DerTree.parse(whole);
  change(tree);
  return tree.encode();
};

describe('the rules for an object signed with a throw-away key', () => {
  it('find nothing in a good one', () => expect(rulesOf()).toEqual([]));

  it('find bytes that are not those to be signed, and what stands behind them', () => {
    const other = Buffer.from(toBeSigned);
    other[other.length - 1]! ^= 1;
    expect(rulesOf({ toBeSigned: other })).toContain('whole.to-be-signed');
    expect(rulesOf({ whole: changed((tree) => tree.children!.push(DerTree.parse(nullValue()))) })).toContain(
      'whole.to-be-signed',
    );
    expect(rulesOf({ whole: Buffer.concat([whole, nullValue()]) })).toEqual(['whole.der']);
  });

  it('find algorithms that differ', () => {
    const sha384 = changed((tree) => tree.at(1).become(sequence(objectIdentifier(oid.ecdsaWithSha384))));
    expect(rulesOf({ whole: sha384 })).toEqual(['whole.algorithms', 'whole.signature', 'whole.second-reader']);
  });

  it('find a signature that is none, that another key made, or whose numbers are negative', () => {
    const { publicKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(rulesOf({ publicKey: other })).toEqual(['whole.signature', 'whole.second-reader']);
    const [negative, single] = [sequence(integer(5), Buffer.from('0201ff', 'hex')), sequence(integer(5))];
    for (const signature of [negative, single, Buffer.alloc(8)]) {
      expect(rulesOf({ whole: changed((tree) => tree.at(2).become(bitString(signature))) })).toContain(
        'whole.signature',
      );
    }
    expect(rulesOf({ whole: changed((tree) => tree.at(2).become(bitString(Buffer.alloc(4), 3))) })).toContain(
      'whole.signature',
    );
  });

  it('find what another reader cannot read', () => {
    const unreadable = changed((tree) => (tree.at(0, 6, 1).content = Buffer.from([0, 4, 1])));
    expect(rulesOf({ whole: unreadable })).toContain('whole.second-reader');
  });
});
