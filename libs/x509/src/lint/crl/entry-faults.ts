/** What can be wrong with an entry of a CRL; each has a rule. */
export const entryFaults = [
  'encoding',
  'serial',
  'order',
  'date',
  'extension',
  'indirect',
  'reason',
  'unspecified',
  'removed',
  'invalidity',
] as const;

export type EntryFault = (typeof entryFaults)[number];

/** Where each fault occurs first, as the octet's place in the list; a fault that doesn't occur is not there. */
export type Faults = ReadonlyMap<EntryFault, number>;
