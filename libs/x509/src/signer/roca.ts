// CVE-2017-15361: primes of the form k·M + (65537^a mod M), M the product of the first primes. Such a modulus is a power
// of 65537 modulo each of them; one made otherwise is so with a chance of about 2^-28.
const primes = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n];

const powersOf65537 = (prime: bigint): ReadonlySet<bigint> => {
  const powers = new Set<bigint>();
  for (let power = 1n; !powers.has(power); power = (power * 65_537n) % prime) powers.add(power);
  return powers;
};

const prints = primes.map((prime) => ({ prime, powers: powersOf65537(prime) }));

/** Whether an RSA modulus was made by the faulty library of certain smart cards, and can be factored. */
export const hasRocaFingerprint = (modulus: bigint): boolean =>
  prints.every(({ prime, powers }) => powers.has(modulus % prime));
