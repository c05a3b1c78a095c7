import { expect, it } from 'vitest';
import { crlReasonCode, isCrlReason, saysCompromise } from './reasons.js';

it('has the numbers of RFC 5280, section 5.3.1', () => {
  expect(crlReasonCode).toEqual({
    unspecified: 0,
    keyCompromise: 1,
    cACompromise: 2,
    affiliationChanged: 3,
    superseded: 4,
    cessationOfOperation: 5,
    certificateHold: 6,
    privilegeWithdrawn: 9,
    aACompromise: 10,
  });
});

it.each(Object.keys(crlReasonCode))('knows %s', (reason) => expect(isCrlReason(reason)).toBe(true));

it.each(['', 'removeFromCRL', 'KeyCompromise', 'keycompromise', 'toString', '__proto__', '1'])(
  'does not know %j',
  (text) => expect(isCrlReason(text)).toBe(false),
);

it('takes three reasons for compromise', () => {
  const reasons = Object.keys(crlReasonCode).filter(
    (reason) => isCrlReason(reason) && reason !== 'certificateHold' && saysCompromise(reason),
  );
  expect(reasons).toEqual(['keyCompromise', 'cACompromise', 'aACompromise']);
});
