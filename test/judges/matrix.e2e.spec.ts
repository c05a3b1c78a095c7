import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Court, openCourt } from '../support/interop.js';
import { envoyJudges } from '../support/judges/envoy.js';
import { goJudges } from '../support/judges/go.js';
import { haproxyJudges } from '../support/judges/haproxy.js';
import { javaJudges } from '../support/judges/java.js';
import type { Bench, KnownJudge, Verdict } from '../support/judges/judge.js';
import { renderMatrix, type Row } from '../support/judges/matrix.js';
import { nginxJudges } from '../support/judges/nginx.js';
import { opensslJudges } from '../support/judges/openssl.js';
import { type Exhibits, prepare, type Situation, situations } from '../support/judges/situations.js';

// Everybody who can't be asked to change their mind sees the same certificates, CRLs and responder.

const judges = [...opensslJudges, ...goJudges, ...javaJudges, ...nginxJudges, ...haproxyJudges, ...envoyJudges];
const page = join(import.meta.dirname, '../../docs/interop.md');

/** A status is all that it looks at. */
const exceptions = new Set(['openssl ocsp: expired']);

let court: Court;
let exhibits: Exhibits;
let bench: Omit<Bench, 'clock'>;
const rows: Row[] = [];

beforeAll(async () => {
  court = await openCourt({ CARTULARY_EPOCH_LEAD: '1s' });
  ({ exhibits, bench } = await prepare(court));
});
afterAll(() => court?.close());

const ask = async (judge: KnownJudge): Promise<Map<Situation['name'], Verdict>> => {
  const verdicts = new Map<Situation['name'], Verdict>();
  for (const clock of new Set(situations.map((situation) => situation.clock))) {
    const opened = await judge.open({ ...bench, clock });
    try {
      for (const situation of situations.filter((other) => other.clock === clock)) {
        verdicts.set(situation.name, await opened.judge(exhibits[situation.shows]));
      }
    } finally {
      await opened.close();
    }
  }
  return new Map(situations.map(({ name }) => [name, verdicts.get(name)!]));
};

describe('the matrix of judges and situations', () => {
  it.each(judges.map((judge) => ({ ...judge, title: `${judge.name}, ${judge.by}` })))('$title', async (judge) => {
    const verdicts = await ask(judge);
    rows.push({ judge, verdicts });
    const seen = [...verdicts].map(([name, { accepted, said }]) => ({ name, accepted, said }));
    const expected = situations.map(({ name, accepts }) => {
      return {
        name,
        accepted: accepts !== exceptions.has(`${judge.name}: ${name}`),
        said: expect.any(String) as string,
      };
    });
    expect(seen).toEqual(expected);
  });

  // Not the words, which change with the judges' versions.
  it('is what docs/interop.md says', async () => {
    const rendered = renderMatrix(rows);
    if (process.env['CARTULARY_UPDATE_SNAPSHOT']) await writeFile(page, rendered);
    const verdicts = (text: string): string[] =>
      text
        .split('## In their words')[0]!
        .split('\n')
        .map((line) => line.replaceAll(/ +|-{3,}/g, ' '));
    expect(verdicts(await readFile(page, 'utf8'))).toEqual(verdicts(rendered));
  });
});
