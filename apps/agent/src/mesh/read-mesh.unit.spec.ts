import { describe, expect, it } from 'vitest';
import { NodeFileError } from '../configuration/fields.js';
import { parseMesh, readMesh } from './read-mesh.js';

const web = 'spiffe://cluster.local/ns/shop/sa/web';
const inbound = { service: 'web', port: 15_001, appPort: 8_001, protocol: 'http' };
const outbound = {
  service: 'store',
  port: 9_001,
  protocol: 'tcp',
  endpoints: ['10.0.0.1:5432', 'store.internal:5432'],
};
const workload = { name: 'web-1', identity: web, inbound: [inbound], outbound: [outbound] };
const rules = { service: 'web', runs: [web], callers: [] };
const parse = (document: unknown) => parseMesh(JSON.stringify(document));
const refusal = (document: unknown): NodeFileError => {
  try {
    parse(document);
  } catch (error) {
    if (error instanceof NodeFileError) return error;
    throw error;
  }
  throw new Error('it was taken');
};

describe('the description of a node', () => {
  it('is read with what is usual where nothing is said: strict, enforced, closed, asked for each request', () => {
    const { workloads, services } = parse({ workloads: [workload], services: [rules] });
    expect(services).toEqual([{ ...rules, mode: 'strict', enforced: true }]);
    expect(workloads[0]!.inbound).toEqual([
      { ...inbound, address: '127.0.0.1', check: 'request', speaksFirst: 'client', withoutAgent: 'closed' },
    ]);
    expect(workloads[0]!.outbound[0]!.endpoints).toEqual([
      { host: '10.0.0.1', port: 5432 },
      { host: 'store.internal', port: 5432 },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['no object', [], ''],
    ['an unknown key', { workload: [] }, 'workload'],
    ['workloads that are no list', { workloads: {} }, 'workloads'],
    ['a wrong identity', { workloads: [{ ...workload, identity: 'web' }] }, 'workloads[0].identity'],
    ['a wrong name', { workloads: [{ ...workload, name: 'Web 1' }] }, 'workloads[0].name'],
    [
      'a port of text',
      { workloads: [{ ...workload, inbound: [{ ...inbound, port: '1' }] }] },
      'workloads[0].inbound[0].port',
    ],
    [
      'port 0',
      { workloads: [{ ...workload, inbound: [{ ...inbound, appPort: 0 }] }] },
      'workloads[0].inbound[0].appPort',
    ],
    [
      'an unknown protocol',
      { workloads: [{ ...workload, inbound: [{ ...inbound, protocol: 'udp' }] }] },
      'workloads[0].inbound[0].protocol',
    ],
    [
      'requests of 0 s',
      { workloads: [{ ...workload, inbound: [{ ...inbound, longestRequest: 0 }] }] },
      'workloads[0].inbound[0].longestRequest',
    ],
    [
      'an end of requests that are not asked about',
      { workloads: [{ ...workload, inbound: [{ ...inbound, longestRequest: 5, check: 'connection' }] }] },
      'workloads[0].inbound[0].longestRequest',
    ],
    [
      'no endpoint',
      { workloads: [{ ...workload, outbound: [{ ...outbound, endpoints: [] }] }] },
      'workloads[0].outbound[0].endpoints',
    ],
    [
      'an endpoint without a port',
      { workloads: [{ ...workload, outbound: [{ ...outbound, endpoints: ['a'] }] }] },
      'workloads[0].outbound[0].endpoints[0]',
    ],
    ['a port twice', { workloads: [{ ...workload, inbound: [inbound, inbound] }] }, 'workloads[0]: its ports'],
    ['a workload twice', { workloads: [workload, workload] }, 'workloads'],
    ['a service twice', { services: [rules, rules] }, 'services'],
    ['nobody who runs it', { services: [{ ...rules, runs: [] }] }, 'services[0].runs'],
    ['a caller who is none', { services: [{ ...rules, callers: ['*'] }] }, 'services[0].callers[0]'],
    ['an unknown mode', { services: [{ ...rules, mode: 'STRICT' }] }, 'services[0].mode'],
    ['an enforced that is text', { services: [{ ...rules, enforced: 'yes' }] }, 'services[0].enforced'],
    [
      'a service that the workload may not run',
      { workloads: [workload], services: [{ ...rules, runs: [`${web}-2`] }] },
      'workloads[0].inbound[0].service',
    ],
  ])('is refused with %s, and says where', (_, document, at) => {
    expect(refusal(document)).toMatchObject({ code: 'NODE_FILE_INVALID', at });
  });

  it('is refused where it is no JSON or not there', async () => {
    expect(() => parseMesh('{')).toThrow(NodeFileError);
    await expect(readMesh('/nowhere/mesh.json')).rejects.toMatchObject({
      code: 'NODE_FILE_INVALID',
      problem: 'ENOENT',
    });
  });
});
