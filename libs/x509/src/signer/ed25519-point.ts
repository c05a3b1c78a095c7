const p = 2n ** 255n - 19n;

// Of order 8; its negation is the other's.
const ofOrder8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

// The y of every point whose order divides 8, the cofactor (RFC 8032, section 5.1): of order 4, 1, 2 and 8.
const smallOrder: ReadonlySet<bigint> = new Set([0n, 1n, p - 1n, ofOrder8, p - ofOrder8]);

/** Whether 32 octets are a public key that somebody can hold: y is below the prime and the point is of large order. */
export const isEd25519Key = (key: Buffer): boolean => {
  const y = BigInt(`0x${Buffer.from(key).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  return y < p && !smallOrder.has(y);
};
