import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cloudEventType } from '../events/cloud-event.js';
import { eventTypeNames, eventTypes } from '../events/event-types.js';
import { topics } from '../events/topics.js';
import { asyncApiDocument } from './asyncapi-document.js';

interface Document {
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  operations: Record<string, { channel: { $ref: string } }>;
  components: Record<string, Record<string, { name: string; payload: Record<string, unknown> }>>;
}
const document = JSON.parse(JSON.stringify(asyncApiDocument())) as Document;
const file = fileURLToPath(new URL('../../../../docs/asyncapi.json', import.meta.url));

const references = (node: unknown): string[] =>
  typeof node !== 'object' || node === null
    ? []
    : Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [String(value)] : references(value)));

describe('asyncApiDocument', () => {
  it('has every topic, and every event on its aggregate’s', () => {
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual(
      topics.map(({ name }) => `{prefix}.${name}`),
    );
    for (const name of eventTypeNames) {
      expect(Object.keys(document.channels[eventTypes[name].aggregate]!.messages)).toContain(name);
    }
  });

  it('names no type and no schema twice', () => {
    const messages = Object.values(document.components['messages']!);
    for (const values of [messages.map(({ name }) => name), messages.flatMap(({ payload }) => payload['$id'] ?? [])]) {
      expect(new Set(values).size).toBe(values.length);
    }
    expect(document.components['messages']!['CertificateIssued']).toMatchObject({
      name: 'dev.cartulary.certificate.issued.v1',
      payload: { $id: 'urn:cartulary:schema:dev.cartulary.certificate.issued.v1' },
    });
  });

  it('refers only to what it defines', () => {
    for (const reference of references(document)) {
      const [hash, ...path] = reference.split('/');
      expect(hash).toBe('#');
      const target = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);
      expect(target, reference).toBeDefined();
    }
  });

  // CARTULARY_UPDATE_SNAPSHOT=1 writes it, `npm run format` lays it out; review the difference.
  it('is what docs/asyncapi.json holds', () => {
    if (process.env['CARTULARY_UPDATE_SNAPSHOT'] === '1') {
      writeFileSync(file, `${JSON.stringify(asyncApiDocument(), null, 2)}\n`);
    }
    expect(document).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });
});

describe('cloudEventType', () => {
  it('gives every event the name of its aggregate and what happened', () => {
    expect(cloudEventType('CertificateIssued', 1, 'certificate-01')).toBe('dev.cartulary.certificate.issued.v1');
    expect(cloudEventType('CrlPublished', 2, 'publication-0')).toBe('dev.cartulary.publication.crl-published.v2');
  });

  it('has a name for what this release does not know', () => {
    expect(cloudEventType('CharterSealed', 1, 'charter-7')).toBe('dev.cartulary.other.charter-sealed.v1');
    expect(cloudEventType('CertificateArchived', 1, 'certificate-01')).toBe(
      'dev.cartulary.certificate.certificate-archived.v1',
    );
  });
});
