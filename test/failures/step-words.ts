import type { ValidationStep } from '../../src/protocol/validation-record.ts';

/** A step in a few words without times and ports: what a row of the table says of it. */
export function stepWords(step: ValidationStep): string {
  switch (step.step) {
    case 'lookup':
      return `${step.type} ${step.name} ${step.outcome}`;
    case 'plan': {
      if (step.first === undefined)
        return `plan nothing${listed(step.filtered.map(({ address }) => address))}`;
      const count = step.addressesResolved.length;
      const spare = step.spare === undefined ? '' : `, ${step.spare.address} to spare`;
      return `plan ${step.first.address}${count > 1 ? ` of ${count}` : ''}${spare}${listed(step.rules)}`;
    }
    case 'attempt':
      return `dial ${step.address}: ${step.outcome}`;
    case 'retry':
      return `${step.retried ? `retry at ${step.address}` : 'no retry'} [${step.rule}]`;
    case 'response':
      return `status ${step.status}${step.tls === undefined ? '' : ' over TLS'}`;
    case 'exchange-failed':
      return `${step.phase} failed: ${step.kind}`;
    case 'redirect':
      return `redirect ${step.hop} ${step.followed ? 'followed' : 'refused'}`;
    case 'handshake-failed':
      return `handshake failed: ${step.kind}`;
    case 'certificate':
      return `certificate over ${step.alpn ?? 'no protocol'}: ${step.names.join(', ') || 'no name'}`;
    case 'compare':
      return step.matched ? 'compare: equal' : 'compare: different';
    case 'caa':
      return `caa at ${step.foundAt ?? 'no name'}: ${step.decision}`;
    case 'omitted':
      return `${step.count} left out`;
  }
}

function listed(words: readonly string[]): string {
  return words.length === 0 ? '' : ` [${words.join(', ')}]`;
}
