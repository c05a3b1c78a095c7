import type { CartularyClient } from '@cartulary/client';
import { ProblemError } from '@cartulary/client';
import type { Check, Examination } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';
import { eachService } from './check-readiness.js';

const WARN_EVENTS = 1_000;
const FAIL_EVENTS = 100_000;
const HINT = 'It catches up by itself unless its database or its machine is too slow for what comes in.';

/** How far readers are behind the ledger, as projections and metrics tell. */
export const lagCheck: Check = async (examination) => {
  const { projections } = await examination.client.listProjections();
  const lists = projections.map(({ name, lag, generations }) => {
    if (!generations.some(({ status }) => status === 'active'))
      return failed('no generation is active: lists are not answered', 'See `cartulary projection list`.', name);
    return judgeLag(`projection ${name}`, lag);
  });
  const measured = await eachService(examination, async (client) => {
    const metrics = await metricsOf(client);
    const rotation = metrics?.get('cartulary_rotation_lag_events');
    const age = metrics?.get('cartulary_responder_freshness_age_seconds');
    return [
      ...(rotation === undefined ? [] : [judgeLag('rotation', rotation)]),
      ...(age === undefined ? [] : [await judgeFreshness(examination, age)]),
    ];
  });
  return [...lists, ...measured];
};

export const judgeLag = (about: string, lag: number): Seen => {
  const seen = `${lag} events behind the ledger`;
  if (lag > FAIL_EVENTS) return failed(seen, HINT, about);
  return lag > WARN_EVENTS ? warning(seen, HINT, about) : ok(seen, about);
};

const judgeFreshness = async (examination: Examination, age: number): Promise<Seen> => {
  const validity = await examination.diagnostics().then(
    ({ settings }) => settings.ocspValidity,
    () => Infinity,
  );
  const seen = `last news ${age.toFixed(1)} s ago`;
  const hint = 'It refuses to answer once its news is as old as CARTULARY_OCSP_VALIDITY: is the transport up?';
  if (age >= validity) return failed(seen, hint, 'responder');
  return age > validity / 2 ? warning(seen, hint, 'responder') : ok(seen, 'responder');
};

/** Prometheus text: the largest value of each name. Undefined for who may not read it. */
const metricsOf = async (client: CartularyClient): Promise<ReadonlyMap<string, number> | undefined> => {
  const text = await client.getMetrics().then(
    (bytes) => Buffer.from(bytes).toString('utf8'),
    (error: unknown) => {
      if (error instanceof ProblemError && error.status === 403) return undefined;
      throw error;
    },
  );
  if (text === undefined) return undefined;
  const values = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(/^([a-z_]+)(?:\{[^\n]*\})? ([0-9.e+-]+)$/gm)) {
    values.set(name, Math.max(values.get(name) ?? -Infinity, Number(value)));
  }
  return values;
};
