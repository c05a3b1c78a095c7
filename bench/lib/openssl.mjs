import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const execute = promisify(execFile);

// `+F4:<index>:<bits>:<signatures a second>:<verifications a second>`; with -multi the last line is the sum.
const rates = (output) => {
  const line = output.split('\n').findLast((one) => one.startsWith('+F4:'));
  const [, , , sign, verify] = line?.split(':') ?? [];
  if (!(Number(sign) > 0)) throw new Error(`openssl speed said nothing of P-256: ${output}`);
  const [perSign, perVerify] = [1 / Number(sign), 1 / Number(verify)];
  return { sign: Number(sign), verify: Number(verify), perCertificate: 1 / (perSign + perVerify) };
};

const speed = async (seconds, ...more) => {
  const { stdout } = await execute('openssl', ['speed', '-mr', '-seconds', String(seconds), ...more, 'ecdsap256']);
  return rates(stdout);
};

/**
 * What the machine can do with P-256, a second: signatures, verifications, and one of each (a certificate's limit).
 * By CPU time, for what is compared by CPU time; by the clock, for rates.
 */
export const oneCore = (seconds = 1) => speed(seconds);
export const oneCoreByClock = (seconds = 1) => speed(seconds, '-elapsed');
export const allCores = (seconds = 1) => speed(seconds, '-elapsed', '-multi', String(availableParallelism()));
