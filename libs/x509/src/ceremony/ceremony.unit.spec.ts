import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derToPem } from '../asn1/pem.js';
import { parseCrl } from '../crl/parse-crl.js';
import { createCsr } from '../csr/create-csr.js';
import { InMemorySigner } from '../signer/in-memory-signer.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { CeremonyCrls } from './ceremony-crls.js';
import { holdCeremony } from './hold-ceremony.js';
import { makePlan } from './make-plan.js';
import type { CeremonyManifest } from './manifest.js';
import { type CeremonyPlan, crlNumberOf, planProblems, readPlan, setsOf } from './plan.js';
import { readCeremony } from './read-ceremony.js';
import { makeCeremonyRoot } from './sign.js';
import { takeCeremonyKeys } from './take-keys.js';
import { verifyCeremony } from './verify-ceremony.js';

const day = 86_400_000;
const from = new Date('2026-03-01T00:00:00Z');
const later = (days: number): Date => new Date(from.getTime() + days * day);
const plan = makePlan({
  ...{ trustDomain: 'cluster.local', publicUrl: 'http://crl.example:8080', keyAlgorithm: 'ecdsa-p256' },
  ...{ kinds: ['workload', 'server'], epochs: 2, from, epochLength: 30 * day, longestCertificate: 7 * day },
  ...{ crlEvery: 10 * day, crlValidity: 20 * day, rootLife: 3_650 * day, skewSeconds: 300, together: 2 },
});

describe('the plan of a ceremony', () => {
  const wrong = (change: Partial<CeremonyPlan>) => planProblems({ ...plan, ...change });

  it('is without a fault as it is made, and read back as it was', () => {
    expect(planProblems(plan)).toEqual([]);
    expect(readPlan(JSON.stringify(plan))).toEqual(plan);
    expect(plan.issuers.map(({ name }) => name)).toEqual(['workload-1', 'workload-2', 'server-1', 'server-2']);
    expect(setsOf(plan)).toHaveLength(4 + 6);
  });

  it('has a fault where dates leave a gap, do not overlap, or end too soon', () => {
    const [first, second, ...rest] = plan.crls;
    expect(wrong({ crls: [first!, ...rest] })).toEqual([
      expect.stringContaining('does not overlap the next: it ends at 2026-03-21T00:00:00Z'),
    ]);
    expect(wrong({ crls: [second!, ...rest] })).toEqual([expect.stringContaining('there is no CRL from')]);
    expect(wrong({ crls: [first!, second!] })).toEqual([expect.stringContaining('until the last issuer ends')]);
    expect(wrong({ crls: [] })).toEqual(['there are no CRLs']);
  });

  it('has a fault where epochs do not follow one another', () => {
    const [one, two, ...others] = plan.issuers;
    expect(wrong({ issuers: [two!, ...others] })).toContain('issuer workload-2: there is no epoch 1 of its kind');
    expect(wrong({ issuers: [one!, { ...two!, activeFrom: plan.from }, ...others] })).toEqual([
      'issuer workload-2 is active before workload-1',
    ]);
    expect(wrong({ issuers: [...plan.issuers, { ...one!, name: 'other' }] })).toContain(
      'two issuers have one name or epoch',
    );
    expect(wrong({ rootNotAfter: '2026-04-01T00:00:00Z' })).toHaveLength(4);
    expect(() => readPlan('{"version":1}')).toThrow('not a plan');
    expect(() => readPlan('-----BEGIN')).toThrow('the plan is not JSON');
  });

  it('numbers its CRLs so that whatever lists more is newer, in this ceremony and the next', () => {
    const numbers = [
      crlNumberOf(plan, 0),
      crlNumberOf(plan, 999),
      crlNumberOf(plan, 0, { index: 0, size: 1 }),
      crlNumberOf(plan, 999, { index: 63, size: 1 }),
      crlNumberOf(plan, 0, { index: 64, size: 2 }),
      crlNumberOf(plan, 999, { index: 2_079, size: 2 }),
      crlNumberOf({ from: '2026-03-01T00:01:00Z' }, 0),
    ];
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.every(Number.isSafeInteger)).toBe(true);
  });
});

describe('a ceremony', () => {
  let scratch: string;
  let directory: string;
  const signer = new InMemorySigner();
  const requested = new InMemorySigner();
  const passphrases = { transportPassphrase: 'to carry', sealPassphrase: 'to open on the bad day', logN: 10 };
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'ceremony-'));
    directory = join(scratch, 'out');
    const root = await makeCeremonyRoot(signer, plan, 'ecdsa-p256');
    const key = await generatePrivateKey('ecdsa-p256');
    await requested.import(key.export({ type: 'pkcs8', format: 'pem' }) as string);
    const requests = { 'server-2': derToPem(await createCsr(key), 'CERTIFICATE REQUEST') };
    await holdCeremony({
      ...{ planText: JSON.stringify(plan), root, signer, directory, requests, ...passphrases },
      ...{ witnesses: ['Ann', 'Bob'], tool: 'test', now: () => later(-1) },
    });
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  const { sealPassphrase } = passphrases;
  const problemsAfter = async (change: (copy: string) => Promise<unknown>, open = true): Promise<readonly string[]> => {
    const copy = await mkdtemp(join(scratch, 'copy-'));
    await cp(directory, copy, { recursive: true });
    await change(copy);
    return (await verifyCeremony({ directory: copy, ...(open ? { sealPassphrase } : {}) })).problems;
  };
  const edit = async (path: string, change: (text: string) => string) =>
    writeFile(path, change(await readFile(path, 'utf8')));
  const manifestOf = async (copy: string) =>
    JSON.parse(await readFile(join(copy, 'ceremony.json'), 'utf8')) as CeremonyManifest;

  it('verifies, sealed or opened, and tells who was there', async () => {
    expect(await problemsAfter(async () => undefined, false)).toEqual([]);
    const { problems, transcript, ceremony } = await verifyCeremony({ directory, sealPassphrase });
    expect(problems).toEqual([]);
    expect(transcript[0]).toMatchObject({ type: 'begun', data: { witnesses: ['Ann', 'Bob'], tool: 'test' } });
    const other = '00'.repeat(32);
    expect((await verifyCeremony({ directory, rootKeyHash: other })).problems).toEqual([
      `the root is not the one with key ${other}`,
    ]);
    expect(ceremony?.issuers.map(({ key }) => key)).toEqual([
      'workload-1.json',
      'workload-2.json',
      'server-1.json',
      undefined,
    ]);
  });

  it('shows a transcript that was changed, cut or signed by another', async () => {
    const changed = await problemsAfter((copy) =>
      edit(join(copy, 'transcript.jsonl'), (text) => text.replace('"Bob"', '"Eve"')),
    );
    expect(changed).toEqual([
      expect.stringContaining('transcript line 2 does not follow'),
      expect.stringContaining('not signed by the root'),
    ]);
    const cut = await problemsAfter((copy) =>
      edit(join(copy, 'transcript.jsonl'), (text) => text.split('\n').slice(0, -3).join('\n') + '\n'),
    );
    expect(cut).toContain('the transcript is not whole');
    const gone = await problemsAfter((copy) => rm(join(copy, 'transcript.sig.json')));
    expect(gone).toEqual([expect.stringContaining('transcript.sig.json')]);
  });

  it('shows a file that was swapped, changed or taken away', async () => {
    const swapped = await problemsAfter(async (copy) => {
      const [a, b] = await Promise.all(
        ['1', '2'].map((n) => readFile(join(copy, `issuers/workload-${n}.crt`), 'utf8')),
      );
      await writeFile(join(copy, 'issuers/workload-1.crt'), b!);
      await writeFile(join(copy, 'issuers/workload-2.crt'), a!);
    });
    expect(swapped).toContain('issuers/workload-1.crt is not the file that the ceremony wrote');
    expect(swapped).toContain('the manifest says of issuer workload-1 what its certificate does not');
    const gone = await problemsAfter((copy) => rm(join(copy, 'crls/0003.crl')));
    expect(gone).toContain('crls/0003.crl is missing');
    const boxes = await problemsAfter(async (copy) =>
      cp(join(copy, 'sealed/workload-2.json'), join(copy, 'sealed/workload-1.json')),
    );
    expect(boxes).toEqual([expect.stringMatching(/^sealed CRLs of workload-1: .*damaged or another file$/)]);
  });

  it('shows a gap in the dates, whoever made the manifest fit', async () => {
    const problems = await problemsAfter(async (copy) => {
      const manifest = await manifestOf(copy);
      const crls = manifest.crls.filter((_, index) => index !== 3);
      await writeFile(join(copy, 'ceremony.json'), JSON.stringify({ ...manifest, crls }));
    });
    expect(problems).toContain(
      'there is no CRL from 2026-03-31T00:00:00Z: it ought to last until 2026-04-20T00:00:00Z',
    );
    const outside = await problemsAfter(async (copy) => {
      const manifest = await manifestOf(copy);
      const root = { ...manifest.root, file: '../../etc/passwd' };
      await writeFile(join(copy, 'ceremony.json'), JSON.stringify({ ...manifest, root }));
    });
    expect(outside).toEqual(['ceremony.json is not that of a ceremony (version 1)']);
  });

  it('gives the CRL of each date, and the sealed one as soon as somebody is cut off', async () => {
    const crls = await CeremonyCrls.open(directory, sealPassphrase);
    const { issuers } = await readCeremony(directory);
    const serials = issuers.map(({ serial }) => serial);
    const listed = async (days: number, ...cut: number[]) => {
      const crl = await crls.at(
        later(days),
        cut.map((index) => serials[index]!),
      );
      return (
        crl && {
          ...crl,
          listed: parseCrl(crl.bytes)
            .entries.map(({ serial }) => serials.indexOf(serial))
            .sort(),
        }
      );
    };
    expect(await listed(-1)).toBeUndefined();
    const [first, second] = [await listed(0), await listed(10)];
    expect([first?.listed, first?.from, second?.from]).toEqual([[], plan.crls[0]?.from, plan.crls[1]?.from]);
    expect(crls.nextDate(later(5))).toEqual(later(10));
    const alone = await listed(10, 0);
    const both = await listed(10, 0, 3);
    expect([alone?.listed, alone?.missing, both?.listed, both?.missing]).toEqual([[0], [], [0, 3], []]);
    const order = [second!, alone!, both!];
    expect(order.map(({ number }) => number)).toEqual(order.map(({ number }) => number).sort((a, b) => a - b));
    expect(order.map(({ thisUpdate }) => thisUpdate)).toEqual([
      '2026-03-10T23:55:00Z',
      '2026-03-10T23:55:01Z',
      '2026-03-10T23:55:02Z',
    ]);
    // A third one is for another ceremony: what can be said goes on being said.
    for (const [order, those] of [
      [
        [0, 3, 1],
        [0, 3],
      ],
      [
        [3, 2, 0],
        [2, 3],
      ],
    ] as const) {
      const third = await listed(10, ...order);
      expect([third?.listed, third?.missing]).toEqual([those, [serials[order[2]]]]);
    }
  });

  it('cuts off nobody without the passphrase, and is not opened with another', async () => {
    const { issuers } = await readCeremony(directory);
    const closed = await CeremonyCrls.open(directory);
    const { missing, entries } = (await closed.at(later(1), [issuers[0]!.serial]))!;
    expect([missing, entries]).toEqual([[issuers[0]!.serial], 0]);
    await expect(CeremonyCrls.open(directory, 'wrong')).rejects.toMatchObject({ code: 'KEYSTORE_WRONG_PASSPHRASE' });
  });

  it('hands its keys over to who has the passphrase, and none of those that were made elsewhere', async () => {
    const ceremony = await readCeremony(directory);
    const online = new InMemorySigner();
    await expect(takeCeremonyKeys(ceremony, online, passphrases.transportPassphrase)).rejects.toMatchObject({
      code: 'KEYSTORE_KEY_NOT_FOUND',
    });
    const keys = await takeCeremonyKeys(ceremony, requested, passphrases.transportPassphrase);
    expect(keys.size).toBe(4);
    await expect(takeCeremonyKeys(ceremony, requested)).rejects.toMatchObject({ code: 'ISSUER_IMPORT_KEY_MISMATCH' });
    for (const file of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain('PRIVATE KEY');
    }
  });

  it('is not held over another, or with a root that does not fit', async () => {
    const root = await makeCeremonyRoot(signer, { ...plan, rootNotAfter: '2026-05-01T00:00:00Z' }, 'ecdsa-p256');
    const again = {
      ...{ planText: JSON.stringify(plan), root, signer, ...passphrases },
      ...{ witnesses: [], tool: 'test', now: () => from },
    };
    await expect(holdCeremony({ ...again, directory: join(scratch, 'short') })).rejects.toThrow('the root ends before');
    const good = await makeCeremonyRoot(signer, plan, 'ecdsa-p256');
    await expect(holdCeremony({ ...again, root: good, directory })).rejects.toThrow('EEXIST');
  });
});
