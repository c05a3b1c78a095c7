/**
 * What is to be reached, in the order of the table. `better`: `higher` or `lower`; `atLeast` decides between met and
 * missed, `aim` is where we want to be.
 */
const goal = (id, group, what, unit, better, atLeast, aim) => ({ id, group, what, unit, better, atLeast, aim });

export const goals = [
  goal(
    'issuance-cfssl',
    'peers',
    'issuance over REST, stored, 64 connections, against cfssl + Postgres',
    '×',
    'higher',
    4,
    8,
  ),
  goal('issuance-step-ca', 'peers', '… against step-ca + Postgres, pool raised', '×', 'higher', 3, 6),
  goal('issuance-openbao', 'peers', '… against OpenBao', '×', 'higher', 2, 4),
  goal(
    'issuance-cpu',
    'issuance',
    'CPU per stored certificate, all processes, where verify + sign is 0.10 ms',
    'ms',
    'lower',
    0.6,
    0.4,
  ),
  goal(
    'issuance-batch',
    'issuance',
    'batch API, of the limit of all cores (openssl verify + sign)',
    '%',
    'higher',
    25,
    40,
  ),
  goal('issuance-p99', 'issuance', 'p99 of issuance at 50 % of the maximum rate', 'ms', 'lower', 25, 10),
  goal(
    'overload-accepted',
    'overload',
    'overload, 4 × the maximum: p99 of accepted requests',
    'ms',
    'lower',
    1_000,
    250,
  ),
  goal(
    'overload-memory',
    'overload',
    'overload: memory at the end against after its first quarter',
    '×',
    'lower',
    1.25,
    1.1,
  ),
  goal('overload-retry', 'overload', 'overload: rejected requests that say when to retry', '%', 'higher', 100, 100),
  goal('ocsp-cached', 'ocsp', 'OCSP, cached, GET, of a bare node:http with the same bytes', '%', 'higher', 70, 90),
  goal('ocsp-nonce', 'ocsp', 'OCSP with nonce, of one core’s openssl signing rate', '%', 'higher', 20, 35),
  goal(
    'revocation-ocsp',
    'revocation',
    'revocation accepted → revoked in OCSP of 2 responders over Kafka, p99',
    'ms',
    'lower',
    50,
    20,
  ),
  goal(
    'revocation-crl',
    'crl',
    'revocation accepted → in the served CRL, with 100 000 entries there, p99',
    'ms',
    'lower',
    1_000,
    200,
  ),
  goal(
    'crl-million',
    'crl',
    'CRL of 1 000 000 entries: committed → signed, against sha256sum of it',
    '×',
    'lower',
    3,
    1.5,
  ),
  goal(
    'crl-growth',
    'crl',
    'one revocation at 1 000 000 entries against at 1 000, without the hash pass',
    '×',
    'lower',
    2,
    1.2,
  ),
  goal('incident-dry-run', 'incident', 'incident of 100 000 certificates: dry run', 's', 'lower', 2, 0.5),
  goal(
    'incident-published',
    'incident',
    'incident of 100 000 certificates: revoked and published',
    's',
    'lower',
    30,
    10,
  ),
  goal(
    'ledger-append',
    'ledger',
    'ledger append, batched, of a raw multi-row insert of the same bytes',
    '%',
    'higher',
    60,
    80,
  ),
  goal('replay-time', 'replay', 'replay of 1 000 000 events into the responder’s state', 's', 'lower', 10, 4),
  goal('replay-memory', 'replay', 'responder’s memory at 1 000 000 live, 100 000 revoked', 'MB', 'lower', 400, 200),
  goal(
    'inventory-identity',
    'inventory',
    'inventory query by identity at 1 000 000 certificates, p99',
    'ms',
    'lower',
    20,
    5,
  ),
];

const reaches = (value, { better }, bound) => (better === 'higher' ? value >= bound : value <= bound);

/** `met`, `missed`, or undefined where nothing was measured; `aim` beside it. */
export const judge = (goal, measured) => {
  if (measured?.value === undefined) return { verdict: undefined, aim: false };
  const met = reaches(measured.value, goal, goal.atLeast);
  return { verdict: met ? 'met' : 'missed', aim: reaches(measured.value, goal, goal.aim) };
};
