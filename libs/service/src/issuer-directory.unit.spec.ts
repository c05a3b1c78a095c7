import { IssuerNotFoundError, type IssuerRecord, NoActiveIssuerError, parseIssuerId } from '@cartulary/domain';
import { InMemoryTransport } from '@cartulary/transport/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { IssuerDirectory } from './issuer-directory.js';
import { TestDomain } from './testing/index.js';

const unknown = parseIssuerId('00'.repeat(8));

describe('IssuerDirectory', () => {
  let domain: TestDomain;
  beforeAll(async () => {
    domain = await TestDomain.create();
  });
  const der = (record: Pick<IssuerRecord, 'certificate'>) => Buffer.from(record.certificate, 'base64');

  it('knows everything that was in the ledger once it has followed', async () => {
    const transport = new InMemoryTransport(domain.ledger);
    const directory = await IssuerDirectory.follow(transport);
    expect(directory.all()).toEqual(domain.issuers.all());
    expect(directory.active('server').status).toBe('active');
    await transport.close();
  });

  it('leads from an issuer to its anchor, which does not go with certificates', () => {
    const [workload, root] = [domain.issuer('workload'), domain.issuer('root')];
    expect(domain.issuers.path(workload.issuerId)).toEqual([der(workload), der(root)]);
    expect(domain.issuers.chain(workload.issuerId)).toEqual([der(workload)]);
    expect(domain.issuers.chain(root.issuerId)).toEqual([]);
  });

  it('keeps the anchors of the mesh and of ourselves apart', () => {
    expect(domain.issuers.meshAnchors()).toEqual([der(domain.issuer('root'))]);
    expect(domain.issuers.workloadAnchors()).toEqual([der(domain.issuer('root'))]);
    expect(domain.issuers.systemAnchors()).toEqual([der(domain.issuer('system-root'))]);
  });

  it('leads from an imported issuer over its own chain', () => {
    const [imported, intermediate, anchor] = [
      domain.issuer('workload'),
      domain.issuer('server'),
      domain.issuer('root'),
    ];
    const { parent: _, status: _status, imported: _imported, ...record } = imported;
    const directory = new IssuerDirectory();
    const chain = [intermediate.certificate, anchor.certificate];
    directory.apply({ type: 'IssuerImported', data: { ...record, chain } });
    expect(directory.path(record.issuerId)).toEqual([der(imported), der(intermediate), der(anchor)]);
    expect(directory.chain(record.issuerId)).toEqual([der(imported), der(intermediate)]);
    expect(directory.workloadAnchors()).toEqual([der(anchor)]);
    expect(directory.get(record.issuerId)).toMatchObject({ imported: true, status: 'prepared' });
  });

  it('issues from the latest epoch that is active', async () => {
    const own = await TestDomain.create();
    const first = own.issuer('workload').issuerId;
    const next = await own.addIssuer('workload', own.issuer('root'), { epoch: 2, active: false });
    expect(own.issuers.active('workload').issuerId).toBe(first);
    const at = '2026-03-01T12:00:00.000Z';
    own.issuers.apply({ type: 'IssuerActivated', data: { issuerId: next.issuerId, activatedAt: at } });
    expect(own.issuers.active('workload').issuerId).toBe(next.issuerId);
    for (const issuerId of [first, next.issuerId]) {
      own.issuers.apply({ type: 'IssuerRetired', data: { issuerId, retiredAt: at } });
    }
    expect(() => own.issuers.active('workload')).toThrow(NoActiveIssuerError);
    expect(own.issuers.signing().map(({ issuerId }) => issuerId)).toContain(first);
  });

  it('says that it does not know an issuer', () => {
    expect(domain.issuers.find(unknown)).toBeUndefined();
    expect(() => domain.issuers.get(unknown)).toThrow(IssuerNotFoundError);
    expect(() => domain.issuers.facts(unknown)).toThrow(IssuerNotFoundError);
    expect(() => domain.issuers.path(unknown)).toThrow(IssuerNotFoundError);
  });

  it('takes an event that comes again', () => {
    const before = domain.issuers.all().length;
    const { status: _, imported: __, ...record } = domain.issuer('workload');
    domain.issuers.apply({ type: 'IssuerCreated', data: record });
    expect(domain.issuers.all()).toHaveLength(before);
    expect(domain.issuer('workload').status).toBe('active');
  });
});
