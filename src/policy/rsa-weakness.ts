const SMALL_PRIMES: readonly number[] = primesUpTo(751);
const SMALL_PRIMES_PRODUCT = SMALL_PRIMES.reduce((product, prime) => product * BigInt(prime), 1n);

/** True when a prime of at most 751 divides the modulus: one remainder, then Euclid's algorithm on short numbers. */
export function hasSmallFactor(modulus: bigint): boolean {
  let left = SMALL_PRIMES_PRODUCT;
  let right = modulus % SMALL_PRIMES_PRODUCT;
  while (right !== 0n) [left, right] = [right, left % right];
  return left !== 1n;
}

/** Of these primes the powers of 65537 leave out some residues; with the rest, every modulus looks alike. */
const ROCA_RESIDUES: readonly { readonly prime: number; readonly powers: readonly boolean[] }[] = primesUpTo(
  167,
)
  .filter((prime) => prime > 2)
  .map((prime) => ({ prime, powers: powersOf65537(prime) }))
  .filter(({ prime, powers }) => powers.filter(Boolean).length < prime - 1);
const ROCA_PRODUCT = ROCA_RESIDUES.reduce((product, { prime }) => product * BigInt(prime), 1n);

/**
 * True for the fingerprint of CVE-2017-15361 (ROCA, Nemec and others 2017): the faulty library makes primes of the form
 * k * M + (65537^a mod M), M a product of the first primes, so that the modulus too is a power of 65537 modulo each of them.
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  const remainder = modulus % ROCA_PRODUCT;
  return ROCA_RESIDUES.every(({ prime, powers }) => powers[Number(remainder % BigInt(prime))] === true);
}

/**
 * True when Fermat's method factors the modulus within so many rounds, that is, when its primes are close together: some
 * a not far above its square root has a^2 - modulus = b^2.
 */
export function isFermatFactorable(modulus: bigint, rounds: number): boolean {
  const root = squareRoot(modulus);
  const first = root * root === modulus ? root : root + 1n;
  const firstDifference = first * first - modulus;
  // Squares are rare: they are looked for modulo small numbers first, where one step is a small addition.
  const sieves = FERMAT_SIEVES.map(({ base, squares }) => ({
    base,
    squares,
    a: Number(first % BigInt(base)),
    difference: Number(firstDifference % BigInt(base)),
  }));
  for (let round = 0; round < rounds; round += 1) {
    if (sieves.every(({ squares, difference }) => squares[difference] === true)) {
      const a = first + BigInt(round);
      const difference = a * a - modulus;
      if (squareRoot(difference) ** 2n === difference) return true;
    }
    for (const sieve of sieves) {
      sieve.difference = (sieve.difference + 2 * sieve.a + 1) % sieve.base;
      sieve.a = (sieve.a + 1) % sieve.base;
    }
  }
  return false;
}

const FERMAT_SIEVES: readonly { readonly base: number; readonly squares: readonly boolean[] }[] = [
  64, 63, 65, 11, 17, 19, 23, 29,
].map((base) => ({ base, squares: squaresModulo(base) }));

/** The largest whole number whose square is not above the value: Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(16).length * 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function primesUpTo(limit: number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate <= limit; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

function powersOf65537(prime: number): readonly boolean[] {
  const powers = new Array<boolean>(prime).fill(false);
  for (let power = 1; powers[power] !== true; power = (power * 65537) % prime) powers[power] = true;
  return powers;
}

function squaresModulo(base: number): readonly boolean[] {
  const squares = new Array<boolean>(base).fill(false);
  for (let root = 0; root < base; root += 1) squares[(root * root) % base] = true;
  return squares;
}
