import type { Action, Command, Evidence, Fact, Violations } from './evidence.js';

/** The events that one command leaves, each exactly once. */
const leaves: Readonly<Record<Action, readonly string[]>> = {
  issue: ['CertificateIssued'],
  renew: ['CertificateIssued', 'CertificateRenewed'],
  hold: ['CertificateHeld'],
  release: ['CertificateReleased'],
  revoke: ['CertificateRevoked'],
  suspend: ['IdentitySuspended'],
  reinstate: ['IdentityReinstated'],
  block: ['KeyBlocked'],
};

/** Those that others may leave on its behalf: a block revokes, a first certificate registers. */
const mayFollow: Partial<Record<Action, readonly string[]>> = {
  issue: ['IdentityRegistered'],
  block: ['CertificateRevoked'],
};

const byCorrelation = (facts: readonly Fact[]): Map<string, Fact[]> => {
  const grouped = new Map<string, Fact[]>();
  for (const fact of facts) grouped.set(fact.correlationId, [...(grouped.get(fact.correlationId) ?? []), fact]);
  return grouped;
};

const aboutOne = (command: Command, facts: readonly Fact[]): Violations => {
  const { key, action, outcome, serial, position } = command;
  const name = `${action} ${key} (${outcome})`;
  const expected = leaves[action];
  const counts = expected.map((type) => facts.filter((fact) => fact.type === type).length);
  const wrong: Violations = [];
  expected.forEach((type, index) => {
    if (counts[index]! > 1) wrong.push(`doubled: ${name} left ${counts[index]} ${type}`);
  });
  if (counts.some((count) => count === 0) && counts.some((count) => count > 0)) wrong.push(`half done: ${name}`);
  const strangers = facts.filter(({ type }) => !expected.includes(type) && !mayFollow[action]?.includes(type));
  for (const { type } of strangers) wrong.push(`unasked: ${name} left a ${type}`);
  if (outcome === 'refused' && facts.length > 0) wrong.push(`refused and done: ${name}`);
  if (outcome !== 'acknowledged') return wrong;
  if (counts.every((count) => count === 0)) return [...wrong, `lost: ${name}`];
  const [first] = facts.filter(({ type }) => type === expected[0]);
  if (serial !== undefined && first?.data.serial !== serial)
    wrong.push(`another answer: ${name} said ${serial}, the ledger ${first?.data.serial}`);
  if (position !== undefined && first && first.position !== position)
    wrong.push(`another answer: ${name} said position ${position}, the ledger ${first.position}`);
  return wrong;
};

/**
 * Every acknowledged command is in the ledger exactly once, an uncertain one at most once, a refused one not at all; and
 * whatever happened to the clients' certificates (of `namespace`) was asked for by one of them.
 */
export const checkCommands = (
  { commands, facts }: Pick<Evidence, 'commands' | 'facts'>,
  namespace: string,
): Violations => {
  const events = byCorrelation(facts);
  const keys = new Set(commands.map(({ key }) => key));
  const wrong = commands.flatMap((command) => aboutOne(command, events.get(command.key) ?? []));
  if (keys.size !== commands.length) wrong.push('two commands have the same key');
  const unasked = facts.filter(
    ({ type, data, correlationId }) =>
      type === 'CertificateIssued' && data.identity?.includes(`/ns/${namespace}/`) && !keys.has(correlationId),
  );
  return [...wrong, ...unasked.map(({ data }) => `unasked: nobody asked for certificate ${data.serial}`)];
};
