import type { ValidationFailure } from '../protocol/validation-failure.ts';
import { validateDns01 } from './dns-01.ts';
import { validateDnsAccount01 } from './dns-account-01.ts';
import { validateDnsPersist01 } from './dns-persist-01.ts';
import { validateHttp01 } from './http-01.ts';
import { validateTlsAlpn01 } from './tls-alpn-01.ts';
import type { ValidationContext } from './validation-context.ts';

/** Looks for the proof that the question asks for. Answers why it failed, or undefined when it passed. */
export async function proveControl(context: ValidationContext): Promise<ValidationFailure | undefined> {
  const { challengeType } = context.question;
  switch (challengeType) {
    case 'http-01':
      return validateHttp01(context);
    case 'dns-01':
      return validateDns01(context);
    case 'tls-alpn-01':
      return validateTlsAlpn01(context);
    case 'dns-account-01':
      return validateDnsAccount01(context);
    case 'dns-persist-01':
      return validateDnsPersist01(context);
  }
}
