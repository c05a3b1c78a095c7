import { expect, it } from 'vitest';
import { serverNamesOf } from './server-names.js';

it('tells names from addresses, and puts the service’s name in', () => {
  const names = ['localhost', '127.0.0.1', '::1', '{service}.cartulary.svc', '{service}'];
  expect(serverNamesOf(names, 'issuance')).toEqual({
    dnsNames: ['localhost', 'issuance.cartulary.svc', 'issuance'],
    ipAddresses: ['127.0.0.1', '::1'],
  });
});
