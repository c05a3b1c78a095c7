/** The 16 octets behind the first of a serial of ours, as four words. */
export type SerialWords = Int32Array;

const LENGTH = 34;
const NO_DIGIT = 0xff;
const digits = new Uint8Array(128).fill(NO_DIGIT);
for (const [value, digit] of [...'0123456789abcdef'].entries()) digits[digit.charCodeAt(0)] = value;

/** False for a serial that is not 0x01 and 16 octets: an imported issuer's, or nobody's. */
export const readSerial = (serial: string, into: SerialWords): boolean => {
  if (serial.length !== LENGTH || serial.charCodeAt(0) !== 0x30 || serial.charCodeAt(1) !== 0x31) return false;
  let seen = 0;
  for (let word = 0; word < 4; word++) {
    let value = 0;
    for (let at = 2 + word * 8; at < 10 + word * 8; at++) {
      const digit = digits[serial.charCodeAt(at)] ?? NO_DIGIT;
      seen |= digit;
      value = (value << 4) | digit;
    }
    into[word] = value;
  }
  return seen <= 0xf;
};
