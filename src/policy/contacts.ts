import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { DomainNameRules } from './domain-name.ts';
import { isAddress, refuseDomainName } from './domain-name.ts';
import type { PolicyRefusal } from './policy-refusal.ts';
import { quote } from './quote.ts';

const MOST_CONTACTS = 10;
/** RFC 5321 section 4.5.3.1.3: a path of 256 octets, its angle brackets included. */
const LONGEST_ADDRESS = 254;
/** RFC 5321 section 4.5.3.1.1. */
const LONGEST_LOCAL_PART = 64;

/** RFC 5322 section 3.2.3: a dot-atom. Quoted local parts are refused, as at Let's Encrypt no mail reaches them. */
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/**
 * Checks the contacts of an account: RFC 8555 section 7.3. Returns them as sent. Refuses other schemes than mailto
 * (`unsupportedContact`), header fields, several addresses, and what is no mail address (`invalidContact`).
 */
export function checkContacts(
  contacts: readonly string[],
  rules: DomainNameRules = { requirePublicSuffix: false },
): Result<readonly string[], PolicyRefusal> {
  if (contacts.length > MOST_CONTACTS) {
    return refused({
      code: 'malformed',
      detail: `The account has ${contacts.length} contacts; at most ${MOST_CONTACTS} are allowed.`,
    });
  }
  for (const contact of contacts) {
    const refusal = refuseContact(contact, rules);
    if (refusal !== undefined) return refused(refusal);
  }
  return accepted(contacts);
}

function refuseContact(contact: string, rules: DomainNameRules): PolicyRefusal | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(contact)?.[1];
  if (scheme === undefined) return invalid(contact, 'is not a URL; write it as mailto:name@example.com');
  if (scheme.toLowerCase() !== 'mailto') {
    return {
      code: 'unsupportedContact',
      detail: `The contact ${quote(contact)} has the scheme "${scheme}"; only mailto is served here.`,
    };
  }
  const written = contact.slice(scheme.length + 1);
  // RFC 6068 section 2: "?" begins header fields; in an address it would be percent-encoded.
  if (written.includes('?')) return invalid(contact, 'has header fields after "?", which RFC 8555 forbids');
  if (written.includes('#')) return invalid(contact, 'has a fragment after "#"');
  const address = decodePercent(written);
  if (address === undefined) return invalid(contact, 'is not properly percent-encoded');
  return refuseAddress(contact, address, rules);
}

function refuseAddress(contact: string, address: string, rules: DomainNameRules): PolicyRefusal | undefined {
  if (!/^[!-~]*$/.test(address)) return invalid(contact, 'has characters other than printable ASCII');
  if (address.includes(',') || address.split('@').length > 2) {
    return invalid(contact, 'must name exactly one mail address; give each its own contact');
  }
  const at = address.indexOf('@');
  const localPart = address.slice(0, at);
  if (at < 0 || localPart.length > LONGEST_LOCAL_PART || !LOCAL_PART.test(localPart)) {
    return invalid(contact, 'is not a mail address such as name@example.com');
  }
  if (address.length > LONGEST_ADDRESS) return invalid(contact, 'is longer than a mail address may be');
  const domain = address.slice(at + 1).toLowerCase();
  if (domain.includes('*')) return invalid(contact, 'has a domain with a "*"');
  // The hint of refuseDomainName would be about identifiers.
  if (isAddress(domain))
    return invalid(contact, 'has an IP address in place of a domain; write a domain name');
  const refusal = refuseDomainName(domain, rules);
  return refusal === undefined ? undefined : invalid(contact, `has a domain that ${refusal.detail}`);
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function invalid(contact: string, predicate: string): PolicyRefusal {
  return { code: 'invalidContact', detail: `The contact ${quote(contact)} ${predicate}.` };
}
