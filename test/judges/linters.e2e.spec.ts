import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Court, issue, openCourt, release, revoke } from '../support/interop.js';
import { type Finding, type Linted, openPkilint, type Pkilint, zlint } from '../support/judges/linters.js';

// zlint and pkilint look at one of everything that we sign.

/** Error-level findings that are not ours to mend, with the reason. */
const allowed: Readonly<Record<string, string>> = {
  'pkix.invalid_uri_syntax':
    'pkilint wants a dot in the authority of every URI; a SPIFFE ID has its trust domain there',
  e_cab_crl_has_valid_reason_code: 'a hold is nothing for the Web PKI; RFC 5280, section 5.3.1, has it',
};

interface Signed {
  readonly name: string;
  readonly kind: Linted;
  readonly file: string;
}

let court: Court;
let pkilint: Pkilint;
const signed: Signed[] = [];

beforeAll(async () => {
  court = await openCourt({ CARTULARY_CRL_DELTAS: 'certificates' });
  pkilint = openPkilint();
  await collectCertificates();
  await collectCrls();
  await collectAnswers();
});
afterAll(async () => {
  await pkilint?.close();
  await court?.close();
});

const add = (kind: Linted, name: string, file: string): void => void signed.push({ kind, name, file });

const collectCertificates = async (): Promise<void> => {
  const rsa = { algorithm: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'] };
  const names = { subjectAltName: 'DNS:api.example.com,IP:127.0.0.1,IP:::1' };
  add('certificate', 'workload, P-256', (await issue(court)).leafFile);
  add('certificate', 'workload, RSA', (await issue(court, {}, rsa)).leafFile);
  add('certificate', 'workload, Ed25519', (await issue(court, {}, { algorithm: ['-algorithm', 'ED25519'] })).leafFile);
  add('certificate', 'server', (await issue(court, { profile: 'server' }, names)).leafFile);
  const [, operator = ''] = /^([^]+?-----END CERTIFICATE-----\n)/.exec(court.service.read('operator.crt')) ?? [];
  add('certificate', 'operator', await court.judge.write('operator.pem', operator));
  for (const { purpose, certificate } of await issuers()) {
    add('certificate', `${purpose} CA`, await court.judge.write(`${purpose}-ca.pem`, certificate));
  }
};

interface Issuer {
  readonly purpose: string;
  readonly certificate: string;
  readonly crlUrl: string;
}
const issuers = async (): Promise<Issuer[]> =>
  ((await court.rest.get('/v1/issuers').expect(200)).body as { issuers: Issuer[] }).issuers;

const collectCrls = async (): Promise<void> => {
  await revoke(court, await issue(court), 'keyCompromise', { invalidityDate: '2026-11-01T00:00:00.000Z' });
  const held = await issue(court);
  await revoke(court, held, 'certificateHold');
  let verdict = await court.judge.verify(held);
  while (verdict.code === 0) verdict = await court.judge.verify(held);
  for (const { purpose, crlUrl } of await issuers()) {
    const kind = /root|intermediate/.test(purpose) ? 'authorities’ crl' : 'crl';
    add(kind, `CRL of the ${purpose} CA`, await court.judge.fetch('crl', crlUrl));
  }
  // What is revoked, what is held and, since, released.
  await release(court, held);
  while (verdict.code !== 0) verdict = await court.judge.verify(held);
  const { crl } = await court.judge.urls(held.leafFile);
  add('crl', 'delta CRL', await court.judge.fetch('crl', crl.replace('.crl', '-delta.crl')));
};

const collectAnswers = async (): Promise<void> => {
  const { judge } = court;
  const [good, revoked] = [await issue(court), await issue(court)];
  await revoke(court, revoked, 'superseded');
  const ask = async (name: string, path: typeof good, options: string[]): Promise<void> => {
    const file = `${name.replaceAll(' ', '-')}.der`;
    const { ocsp } = await judge.urls(path.leafFile);
    const question = { url: ocsp, issuerFile: path.chainFile, of: ['-cert', path.leafFile] };
    await judge.ocsp({ ...question, options: [...options, '-respout', file] });
    add('ocsp response', `OCSP response, ${name}`, file);
  };
  await ask('good', good, ['-no_nonce']);
  await ask('with a nonce', good, ['-nonce']);
  await ask('revoked', revoked, ['-no_nonce']);
  await judge.must('ocsp', '-respin', 'good.der', '-noverify', '-resp_text', '-out', 'good.txt');
  const [delegate = ''] =
    /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----\n/.exec(await judge.read('good.txt')) ?? [];
  add('certificate', 'OCSP delegate', await judge.write('delegate.pem', delegate));
};

const lint = async ({ kind, file }: Signed): Promise<Finding[]> => {
  const path = court.judge.path(file);
  // zlint knows no OCSP responses.
  const both = [pkilint.lint(kind, path), ...(kind === 'ocsp response' ? [] : [zlint(path)])];
  return (await Promise.all(both)).flat();
};

describe('what we sign, to zlint and pkilint', () => {
  it('is without an error', async () => {
    const unused = new Set(Object.keys(allowed));
    const errors: string[] = [];
    const warnings = new Map<string, string[]>();
    for (const one of signed) {
      for (const { linter, rule, severity, message } of await lint(one)) {
        if (severity === 'error' && rule in allowed) unused.delete(rule);
        else if (severity === 'error') errors.push(`${one.name}: ${linter} ${rule}: ${message}`);
        else warnings.set(`${linter} ${rule}`, [...(warnings.get(`${linter} ${rule}`) ?? []), one.name]);
      }
    }
    for (const [rule, names] of warnings) console.log(`warning ${rule}: ${names.join('; ')}`);
    expect(signed.length).toBeGreaterThan(18);
    expect(errors).toEqual([]);
    expect([...unused]).toEqual([]); // an exception that nothing needs any more is taken out
  });

  it('would not be without an error if something were wrong', async () => {
    const { judge } = court;
    const wrong = ['-subj', '/', '-addext', 'basicConstraints=CA:TRUE', '-addext', 'subjectAltName=URI:spiffe://a/b'];
    await judge.must(
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-keyout',
      'w.key',
      '-out',
      'wrong.pem',
      ...wrong,
    );
    const found = (await lint({ name: '', kind: 'certificate', file: 'wrong.pem' })).filter(
      ({ severity }) => severity === 'error',
    );
    expect(new Set(found.map(({ linter }) => linter))).toEqual(new Set(['zlint', 'pkilint']));
  });
});
