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
    const { parent: _, status: _status, imported: _imported, activatedAt: _at, ...record } = imported;
    const directory = new IssuerDirectory();
    const chain = [intermediate.certificate, anchor.certificate];
    directory.apply({ type: 'IssuerImported', data: { ...record, chain } });
    expect(directory.path(record.issuerId)).toEqual([der(imported), der(intermediate), der(anchor)]);
    expect(directory.chain(record.issuerId)).toEqual([der(imported), der(intermediate)]);
    expect(directory.workloadAnchors()).toEqual([der(anchor)]);
    expect(directory.get(record.issuerId)).toMatchObject({ imported: true, status: 'prepared' });
  });

  it('goes with the epochs, and tells who asks to be told', async () => {
    const own = await TestDomain.create();
    const first = own.issuer('workload').issuerId;
    const next = (await own.addIssuer('workload', own.issuer('root'), { epoch: 2, active: false })).issuerId;
    expect(own.issuers.line('workload')).toMatchObject({ current: { issuerId: first }, standby: { issuerId: next } });
    expect(own.issuers.active('workload').issuerId).toBe(first);
    const told: string[] = [];
    const end = own.issuers.onChange(({ issuerId, status }) => told.push(`${issuerId} ${status}`));
    const at = '2026-03-01T12:00:00.000Z';
    own.issuers.apply({ type: 'IssuerSuperseded', data: { issuerId: first, successor: next, supersededAt: at } });
    expect(() => own.issuers.active('workload')).toThrow(NoActiveIssuerError);
    const activated = { type: 'IssuerActivated', data: { issuerId: next, activatedAt: at, predecessor: first } };
    own.issuers.apply(activated);
    expect(own.issuers.active('workload').issuerId).toBe(next);
    own.issuers.apply(activated);
    end();
    const retired = { type: 'IssuerRetired', data: { issuerId: first, retiredAt: at } };
    own.issuers.apply(retired);
    expect(told).toEqual([`${first} retiring`, `${next} active`]);
    expect(own.issuers.signing().map(({ issuerId }) => issuerId)).not.toContain(first);
    expect(own.issuers.meshAnchors()).toHaveLength(1);
  });

  it('trusts a root from its first event until it has retired, wherever one of its row is trusted', async () => {
    const own = await TestDomain.create();
    const { status: _, imported: __, activatedAt: ___, ...record } = domain.issuer('root');
    const [first, next] = [own.issuer('root'), { ...record, epoch: 2 }];
    const all = () => [own.issuers.meshAnchors(), own.issuers.workloadAnchors()];
    own.issuers.apply({ type: 'IssuerCreated', data: next });
    expect(all()).toEqual([
      [der(first), der(next)],
      [der(first), der(next)],
    ]);
    expect(own.issuers.systemAnchors()).toEqual([der(own.issuer('system-root'))]);
    const at = '2026-03-01T12:00:00.000Z';
    const { issuerId } = first;
    own.issuers.apply({ type: 'IssuerSuperseded', data: { issuerId, successor: next.issuerId, supersededAt: at } });
    own.issuers.apply({ type: 'EpochExpired', data: { issuerId, certificates: 2, expiredAt: at } });
    expect(own.issuers.meshAnchors()).toHaveLength(2);
    own.issuers.apply({ type: 'IssuerRetired', data: { issuerId, retiredAt: at } });
    expect(all()).toEqual([[der(next)], [der(next)]]);
  });

  it('says that it does not know an issuer', () => {
    expect(domain.issuers.find(unknown)).toBeUndefined();
    expect(() => domain.issuers.get(unknown)).toThrow(IssuerNotFoundError);
    expect(() => domain.issuers.facts(unknown)).toThrow(IssuerNotFoundError);
    expect(() => domain.issuers.path(unknown)).toThrow(IssuerNotFoundError);
  });

  it('takes an event that comes again', () => {
    const before = domain.issuers.all().length;
    const { status: _, imported: __, activatedAt: ___, ...record } = domain.issuer('workload');
    domain.issuers.apply({ type: 'IssuerCreated', data: record });
    expect(domain.issuers.all()).toHaveLength(before);
    expect(domain.issuer('workload').status).toBe('active');
  });
});
