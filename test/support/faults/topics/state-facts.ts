import type { RecordedEvent } from '@cartulary/ledger';

/** What a state topic has to say of a key after the event at a position; other fields than these may go with it. */
export interface StateFact {
  readonly topic: string;
  readonly key: string;
  readonly position: number;
  readonly says: Readonly<Record<string, unknown>>;
}

type Data = Readonly<Record<string, unknown>>;

const pick = (data: Data, ...fields: readonly string[]): Data =>
  Object.fromEntries(fields.filter((field) => data[field] !== undefined).map((field) => [field, data[field]]));

const certificateStates: Readonly<Record<string, (data: Data, event: RecordedEvent) => Data>> = {
  CertificateIssued: (_, { recordedAt }) => ({ status: 'active', since: recordedAt }),
  CertificateHeld: ({ heldAt }) => ({ status: 'held', since: heldAt }),
  CertificateReleased: ({ releasedAt }) => ({ status: 'active', since: releasedAt }),
  CertificateRevoked: (data) => ({
    ...{ status: 'revoked', since: data['revokedAt'] },
    ...pick(data, 'reason', 'invalidityDate'),
  }),
};

const anchors = ['root', 'system-root'];

/** Written without the relay's own fold, which is under test here. */
export const stateFacts = (events: readonly RecordedEvent[]): StateFact[] => {
  const facts: StateFact[] = [];
  const purposes = new Map<string, string>();
  let domain: Data | undefined;
  for (const event of events) {
    const { type, position } = event;
    const data = event.data as Data;
    const add = (topic: string, key: unknown, says: Data): void =>
      void facts.push({ topic, key: String(key), position, says: { ...says, position } });
    const certificate = certificateStates[type];
    if (certificate) {
      const named = pick(data, 'serial', 'issuerId', 'notAfter');
      add('state.certificate', data['serial'], { ...named, ...certificate(data, event) });
      const revoked = pick(data, 'reason', 'revokedAt', 'invalidityDate');
      if (type === 'CertificateRevoked') add('revoked', data['serial'], { ...named, ...revoked });
    }
    if (type === 'CrlPrepared')
      add('state.preparation', data['issuerId'], pick(data, 'issuerId', 'thisUpdate', 'nextUpdate', 'expiredBefore'));
    if (type === 'CrlPublished') {
      const shown = pick(data, 'issuerId', 'number', 'thisUpdate', 'nextUpdate', 'entries', 'size', 'sha256');
      add('state.publication', data['issuerId'], { ...shown, ...pick(data, 'signature') });
    }
    const bundle = (): void => {
      if (domain) add('state.bundle', domain['trustDomain'], pick(domain, 'trustDomain', 'root', 'systemRoot'));
    };
    if (type === 'TrustDomainCreated') {
      domain = data;
      bundle();
    }
    if (event.stream.startsWith('issuer-')) {
      const id = String(data['issuerId']);
      if (data['purpose'] !== undefined) purposes.set(id, String(data['purpose']));
      add('state.issuer', id, pick(data, 'issuerId', 'purpose', 'certificate'));
      if (anchors.includes(purposes.get(id) ?? '')) bundle();
    }
  }
  return facts;
};
