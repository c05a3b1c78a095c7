import { oids } from '../oids.js';
import { type CrlRule } from '../to-sign.js';
import { byOid } from '../view/extension-view.js';
import { type EntryFault } from './entry-faults.js';

const entryRule = (
  fault: EntryFault,
  section: string,
  what: string,
  severity: CrlRule['severity'] = 'error',
): CrlRule => ({
  id: `crl.entries.${fault}`,
  section,
  severity,
  check: ({ crl }) => {
    const at = crl.entryFaults.get(fault);
    return at === undefined ? undefined : `${what}, first in the entry at octet ${at}`;
  },
});

const removed = entryRule('removed', 'RFC 5280, section 5.3.1', 'removeFromCRL in a CRL that is no delta');

/** Found in one pass over all entries; each has its rule. Order is ours (ADR 5): followers rebuild the same bytes. */
export const crlEntries: readonly CrlRule[] = [
  entryRule('encoding', 'X.690, sections 10 and 11; RFC 5280, section 5.1', 'an entry is malformed'),
  entryRule('serial', 'RFC 5280, section 4.1.2.2', 'a serial number is not positive, minimal or within 20 octets'),
  entryRule('order', 'RFC 5280, section 5.1.2.6; ADR 5', 'serial numbers do not ascend'),
  entryRule('date', 'RFC 5280, section 5.1.2.6', 'revocationDate is no time, or of the wrong type'),
  entryRule('extension', 'RFC 5280, section 5.3', 'an extension is unknown, critical or repeated'),
  entryRule('indirect', 'RFC 5280, section 5.3.3', 'certificateIssuer in a direct CRL'),
  entryRule('reason', 'RFC 5280, section 5.3.1', 'a reason does not exist'),
  entryRule('unspecified', 'RFC 5280, section 5.3.1', 'the reason unspecified is written out', 'warning'),
  { ...removed, check: (subject) => (isDelta(subject) ? undefined : removed.check(subject)) },
  entryRule('invalidity', 'RFC 5280, section 5.3.2', 'invalidityDate is no GeneralizedTime without fraction'),
];

const isDelta = ({ crl }: Parameters<CrlRule['check']>[0]): boolean =>
  byOid(crl.extensions, oids.deltaCrlIndicator) !== undefined;
