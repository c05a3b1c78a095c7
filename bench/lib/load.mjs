import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cpuSince, cpuTimes, total } from './cpu.mjs';
import { installed } from './installed.mjs';

const execute = promisify(execFile);

/** Keys made and requests signed before anything is measured; each is different. */
export const makeCsrs = async (file, count, { name, dns } = {}) => {
  const asked = [...(name ? ['-name', name] : []), ...(dns ? ['-dns', dns] : [])];
  await execute(installed('load'), ['csrs', '-count', String(count), '-out', file, ...asked]);
  return file;
};

const flagsOf = (options) =>
  Object.entries(options).flatMap(([name, value]) => {
    const flag = `-${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined || value === false) return [];
    if (value === true) return [flag];
    return [value].flat().flatMap((one) => [flag, String(one)]);
  });

/**
 * Runs the load generator (bench/load: its flags in camelCase) and gives what it says, with the CPU time in ms that
 * each of `roots` ({ name: pid }) took in the measured time, and how much of all that the client's was. `through`: a
 * command that runs it elsewhere.
 */
export const load = async (options, roots = {}, { through = [] } = {}) => {
  const [command, ...args] = [...through, installed('load'), ...flagsOf(options)];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let [before, cpu, result, trouble] = [{}, {}, undefined, ''];
  child.stderr.setEncoding('utf8').on('data', (text) => (trouble += text));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'begin') before = cpuTimes(roots);
    else if (line === 'end') cpu = cpuSince(before, roots);
    else result = JSON.parse(line);
  }
  const [code] = await exited;
  if (code !== 0 || !result) throw new Error(`the load generator ended with ${code}: ${trouble.trim()}`);
  const served = total(cpu);
  return {
    ...result,
    cpu,
    cpuPerOperation: served / result.operations,
    clientShare: result.clientCpuMs / (served + result.clientCpuMs),
  };
};

/** How many requests a server may turn away for a while before a rate of the others says nothing. */
const REFUSED_SHARE = 0.01;

/** Throws where something broke, or more was refused than a full server may refuse: a rate of refusals is no rate. */
export const withoutErrors = (result) => {
  const others = Object.entries(result.statuses).filter(([status]) => !status.startsWith('2'));
  const wrong = [...others.filter(([status]) => !['429', '503'].includes(status)), ...Object.entries(result.errors)];
  const refused = others.reduce((sum, [, count]) => sum + count, 0);
  if (result.operations === 0 || wrong.length > 0 || refused > REFUSED_SHARE * result.requests) {
    const what = JSON.stringify(Object.fromEntries([...others, ...wrong]));
    throw new Error(`of ${result.requests} requests ${result.operations} were answered well: ${what}`);
  }
  return result;
};
