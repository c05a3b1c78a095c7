/** 17 octets: 0x01, then 128 random bits; 34 characters of lower-case hex, always positive. */
export const newSerial = (): string => {
  throw new Error('not written');
};
