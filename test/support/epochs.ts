import { rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Issuer } from '@cartulary/contracts';
import { type Court, eventually, issue, type Issued, revoke } from './interop.js';
import type { Verdict } from './interop-openssl.js';

export type Purpose = 'workload' | 'server' | 'system';

export const issuersOf = async ({ rest }: Court): Promise<Issuer[]> =>
  (await rest.get('/v1/issuers').expect(200)).body.issuers as Issuer[];

export const issuerOf = async ({ rest }: Court, issuerId: string): Promise<Issuer> =>
  (await rest.get(`/v1/issuers/${issuerId}`).expect(200)).body as Issuer;

export const activeOf = async (court: Court, purpose: Purpose): Promise<Issuer> => {
  const active = (await issuersOf(court)).filter((one) => one.purpose === purpose && one.status === 'active');
  if (active.length !== 1) throw new Error(`${active.length} active ${purpose} issuers`);
  return active[0]!;
};

/** Once it may: before its time it is refused, with the reason. Resolves to who issues from then on. */
export const changeEpoch = async (court: Court, purpose: Purpose): Promise<string> => {
  const { issuerId } = await activeOf(court, purpose);
  const order = async () => court.rest.post(`/v1/issuers/${issuerId}/rotation`);
  const answer = await eventually(order, ({ status }) => status !== 409);
  if (answer.status !== 200) throw new Error(answer.text);
  return (answer.body as { successor: string }).successor;
};

/** The one that was made ahead, once its CRL is out. */
export const standbyOf = async (court: Court, purpose: Purpose): Promise<Issuer> => {
  const find = async () => (await issuersOf(court)).find((one) => one.purpose === purpose && one.status === 'prepared');
  const standby = await eventually(find, (one) => one?.crl !== undefined);
  if (!standby?.crl) throw new Error(`no ${purpose} issuer is ready`);
  return standby;
};

const keyFile = ({ service }: Court, issuerId: string): string | undefined =>
  readdirSync(service.file('keys')).find((name) => name.startsWith(issuerId));

export const hasKey = (court: Court, issuerId: string): boolean => keyFile(court, issuerId) !== undefined;

/** Into a safe, as it were; a service that runs must be started again to know. */
export const removeKey = async (court: Court, issuerId: string): Promise<void> => {
  await rm(court.service.file(`keys/${keyFile(court, issuerId)}`));
};

/** Issues, revokes and verifies without a pause, and writes down what was wrong. */
export class Traffic {
  readonly good: Issued[] = [];
  readonly revoked: Issued[] = [];
  readonly wrong: string[] = [];
  /** Issuers whose certificates have been accepted. */
  readonly epochs = new Set<string>();
  readonly counts = { issued: 0, accepted: 0, refused: 0, ocsp: 0 };
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(private readonly court: Court) {}

  start(): void {
    this.#running = Promise.all([this.#repeat(() => this.#issue()), this.#repeat(() => this.#verify())]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #repeat(turn: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await turn().catch((error: unknown) => this.wrong.push(String(error)));
      await sleep(5);
    }
  }

  /** A new certificate is accepted at once; every fourth is revoked, and refused from when that was published on. */
  async #issue(): Promise<void> {
    const issued = await issue(this.court);
    this.counts.issued++;
    await this.#expect(issued, true);
    this.epochs.add(issued.issuerId);
    if (this.counts.issued % 4 !== 0) return void this.good.push(issued);
    await revoke(this.court, issued, 'keyCompromise');
    const verify = () => this.court.judge.verify(issued);
    const verdict = await eventually(verify, ({ code }) => code !== 0);
    if (verdict.code === 0) this.wrong.push(`${issued.serial}: its revocation did not come out`);
    this.revoked.push(issued);
  }

  async #verify(): Promise<void> {
    for (const [known, isGood] of [[this.good, true] as const, [this.revoked, false] as const]) {
      const path = known[Math.floor(Math.random() * known.length)];
      if (!path) continue;
      await this.#expect(path, isGood);
      await this.#expectOcsp(path, isGood);
    }
  }

  async #expect(path: Issued, isGood: boolean): Promise<void> {
    const verdict = await this.court.judge.verify(path);
    if ((verdict.code === 0) === isGood) this.counts[isGood ? 'accepted' : 'refused']++;
    else this.wrong.push(`${path.serial} of ${path.issuerId}, ${isGood ? 'good' : 'revoked'}: ${verdict.said}`);
  }

  async #expectOcsp(path: Issued, isGood: boolean): Promise<void> {
    const { said } = await askOcsp(this.court, path);
    const expected = isGood ? `${path.leafFile}: good` : `${path.leafFile}: revoked`;
    if (/Response verify OK/.test(said) && said.includes(expected)) this.counts.ocsp++;
    else this.wrong.push(`OCSP about ${path.serial}, ${isGood ? 'good' : 'revoked'}: ${said}`);
  }
}

export const askOcsp = async ({ judge }: Court, path: Issued): Promise<Verdict> => {
  const [leaf, issuerFile] = (await judge.split(path)) as [string, string];
  const { ocsp: url } = await judge.urls(leaf);
  const { chainFile } = path;
  return judge.ocsp({ url, issuerFile, of: ['-cert', leaf], chainFile });
};
