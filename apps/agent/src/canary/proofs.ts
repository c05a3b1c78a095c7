import type { HeldNumber } from '../authority/authority.js';
import type { ProvableListener } from './listeners.js';
import type { Numbers } from './trust-history.js';

export const listenerKey = ({ proxy, context }: Pick<ProvableListener, 'proxy' | 'context'>): string =>
  JSON.stringify([proxy, context]);

export const heldNumbers = (numbers: Numbers): readonly HeldNumber[] =>
  [...numbers].map(([issuerId, number]) => ({ issuerId, number }));

/** In a map of numbers by issuer, those that are greater than what is there; they are put there. */
export const raised = (known: Map<string, bigint>, numbers: Numbers): Numbers => {
  const news = new Map([...numbers].filter(([issuerId, number]) => number > (known.get(issuerId) ?? -1n)));
  for (const [issuerId, number] of news) known.set(issuerId, number);
  return news;
};

/** What holds of all: the lowest number of each issuer that each of them has. */
export const common = (all: readonly Numbers[]): Numbers => {
  const [first = new Map<string, bigint>(), ...others] = all;
  return new Map(
    [...first].flatMap(([issuerId, number]): [string, bigint][] => {
      const numbers = others.map((each) => each.get(issuerId));
      if (numbers.includes(undefined)) return [];
      return [[issuerId, (numbers as bigint[]).reduce((least, each) => (each < least ? each : least), number)]];
    }),
  );
};
