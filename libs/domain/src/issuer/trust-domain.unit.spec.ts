import { expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import { parseIssuerId } from '../shared/ids.js';
import { at, issuerId } from '../testing/fixtures.js';
import { specificationFor } from '../testing/specification.js';
import { type TrustDomainCreated, trustDomainDecider, TrustDomainExistsError } from './trust-domain.js';

const given = specificationFor(trustDomainDecider);
const data = {
  trustDomain: 'cluster.local',
  root: issuerId,
  systemRoot: parseIssuerId('f'.repeat(16)),
  createdAt: at(0),
};
const created: TrustDomainCreated = { type: 'TrustDomainCreated', data };

it('is created once', () => {
  given([])
    .when({ type: 'CreateTrustDomain', ...data })
    .then([created]);
  given([created])
    .when({ type: 'CreateTrustDomain', ...data })
    .thenThrows(TrustDomainExistsError);
});
it('keeps its first roots', () => {
  const second: TrustDomainCreated = { type: 'TrustDomainCreated', data: { ...data, root: data.systemRoot } };
  expect(fold(trustDomainDecider, [created, second])).toEqual({ ...data, status: 'created' });
});
it('ignores events it does not know', () => {
  expect(fold(trustDomainDecider, [{ type: 'FromTheFuture', data: {} }])).toBe(trustDomainDecider.initial);
  expect(fold(trustDomainDecider, [created, { type: 'FromTheFuture', data: {} }]).status).toBe('created');
});
