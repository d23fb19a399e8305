import { judgeAddress } from '../policy/address-admission.ts';
import type { Configuration } from './configuration.ts';

/** RFC 6761 section 6.3: what names below localhost lead to. */
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** The setting that keeps first.localhost, the name of a first try, from a certificate; undefined where none does. */
export function localNamesRefusedBy({
  policy,
  validation,
}: Pick<Configuration, 'policy' | 'validation'>): string | undefined {
  if (policy.requirePublicSuffix) return 'policy.requirePublicSuffix=true';
  // Such names have addresses alone, and the built-in client answers http-01.
  if (!policy.challengeTypes.includes('http-01'))
    return `policy.challengeTypes=${policy.challengeTypes.join(',')}`;
  const verdicts = LOOPBACK.map((address) => judgeAddress(address, validation));
  if (verdicts.some(({ admitted }) => admitted)) return undefined;
  return verdicts.some((verdict) => !verdict.admitted && verdict.because === 'denied')
    ? `validation.denyAddresses=${validation.denyAddresses.join(',')}`
    : 'validation.allowReservedAddresses=false';
}
