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
  // RFC 8032 section 5.1.3 step 2: x^2 = numerator / denominator; the division is never carried out.
  const numerator = mod(ySquared - 1n);
  const denominator = mod(D * ySquared + 1n);
  // Euler's criterion: a quotient is a non-zero square exactly when the product is. x = 0 is of small order.
  if (power(mod(numerator * denominator), (FIELD - 1n) / 2n) !== 1n) return false;
  return !isOfSmallOrder(numerator, mod(ySquared * denominator), denominator);
}

/**
 * The cofactor is 8: three doublings bring a point of small order, and no other, to the neutral element (0, 1). The point is
 * given as x^2 = u / w and y^2 = v / w; the signs of x and y do not matter.
 */
function isOfSmallOrder(uFirst: bigint, vFirst: bigint, wFirst: bigint): boolean {
  let [u, v, w] = [uFirst, vFirst, wFirst];
  for (let doubling = 0; doubling < 3; doubling += 1) {
    // RFC 8032 section 5.1.4 with both points equal, squared, and cleared of fractions.
    const square = mod(w * w);
    const product = mod(D * u * v);
    const plus = mod((square + product) ** 2n);
    const minus = mod((square - product) ** 2n);
    [u, v, w] = [mod(4n * u * v * square * minus), mod((u + v) ** 2n * square * plus), mod(plus * minus)];
  }
  return u === 0n && v === w;
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
