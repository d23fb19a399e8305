/** RFC 8032 section 5.1: the field and the constant d of edwards25519. */
const FIELD = 2n ** 255n - 19n;
const D = mod(-121665n * power(121666n, FIELD - 2n));
const SIGN_BIT = 1n << 255n;

/**
 * True when the 32 octets decode to a point of edwards25519 (RFC 8032 section 5.1.3) that is not of small order: with one
 * of those, anybody's signature verifies.
 */
export function isEd25519Point(octets: Uint8Array): boolean {
  const encoded = BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);
  const y = encoded & (SIGN_BIT - 1n);
  if (y >= FIELD) return false;
  const ySquared = mod(y * y);
  const xSquared = mod((ySquared - 1n) * power(D * ySquared + 1n, FIELD - 2n));
  // RFC 8032 section 5.1.3 step 4: x = 0 has no sign.
  if (xSquared === 0n) return false;
  // Euler's criterion: x exists when its square is a quadratic residue.
  if (power(xSquared, (FIELD - 1n) / 2n) !== 1n) return false;
  return !isOfSmallOrder(xSquared, ySquared);
}

/** The cofactor is 8: three doublings bring a point of small order, and no other, to the neutral element (0, 1). */
function isOfSmallOrder(xSquared: bigint, ySquared: bigint): boolean {
  let u = xSquared;
  let v = ySquared;
  for (let doubling = 0; doubling < 3; doubling += 1) {
    // RFC 8032 section 5.1.4 with both points equal, on squares: the signs of x and y do not matter here.
    const product = mod(D * u * v);
    const xNumerator = mod(4n * u * v);
    const yNumerator = mod(u + v);
    u = mod(xNumerator * power(mod((1n + product) ** 2n), FIELD - 2n));
    v = mod(yNumerator ** 2n * power(mod((1n - product) ** 2n), FIELD - 2n));
  }
  return u === 0n && v === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function mod(value: bigint): bigint {
  const remainder = value % FIELD;
  return remainder < 0n ? remainder + FIELD : remainder;
}
