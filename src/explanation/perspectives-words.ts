import type { AddressFamily } from '../protocol/address-family-rule.ts';
import { isOwnHostFault } from '../protocol/failure-class.ts';
import type { PerspectivesFailure, ValidationFailure } from '../protocol/validation-failure.ts';
import type { Corroboration } from '../protocol/validation-record.ts';

/**
 * Which perspectives disagree, and the arithmetic: the Baseline Requirements, section 3.2.2.9. It begins as Let's Encrypt does,
 * and goes on with what the first of them met, which `describe` tells.
 */
export function perspectivesWords(
  failure: PerspectivesFailure,
  describe: (failure: ValidationFailure) => string,
): string {
  const { disagreeing } = failure;
  const [first] = disagreeing;
  const names = disagreeing.map(({ perspective }) => perspective).join(', ');
  const words = `During secondary validation: ${disagreementWords(failure, ` (${names})`)}`;
  return first === undefined ? words : `${words}. From ${first.perspective}: ${describe(first.failure)}`;
}

/** How many disagree, which `names` may say, and how many may. */
export function disagreementWords(
  { remotes, allowed, disagreeing }: PerspectivesFailure,
  names = '',
): string {
  return `${disagreeing.length} of ${remotesWords(remotes)}${names} did not corroborate, and ${allowedWords(allowed)}`;
}

/** How many of all did corroborate, for the beginning of what each of them found. */
export function corroborationWords({ remotes, failed, allowed }: Corroboration): string {
  const corroborated = `${remotes.length - failed} of ${remotesWords(remotes.length)} corroborated`;
  return failed === 0 ? corroborated : `${corroborated}, ${failed} did not, and ${allowedWords(allowed)}`;
}

/** The same of a rehearsal, in which nobody had a proof to see. */
export function obstacleWords({ remotes, failed, allowed }: Corroboration): string {
  const free = `${remotes.length - failed} of ${remotesWords(remotes.length)} met no obstacle`;
  const others = failed === 0 ? '' : `, ${failed} did, and ${allowedWords(allowed)}`;
  return `${free}${others}; nothing was to be proved yet`;
}

function remotesWords(count: number): string {
  return `${count} remote perspective${count === 1 ? '' : 's'}`;
}

function allowedWords(allowed: number): string {
  return allowed === 0 ? 'none may' : `at most ${allowed} may`;
}

/** What to change where `hintFor` says it of what the first that disagrees met, as if it were alone in the world. */
export function hintForPerspectives(
  { disagreeing, primaryAddresses = [] }: PerspectivesFailure,
  hintFor: (failure: ValidationFailure) => string,
): string {
  const [first] = disagreeing;
  if (first === undefined) return '';
  const { perspective, failure } = first;
  // Of what this host lacks, the world sees nothing.
  if (isOwnHostFault(failure)) return hintFor(failure);
  const primary = primaryAddresses.join(' and ');
  if (primary !== '' && 'address' in failure) {
    const { address } = failure;
    if (!primaryAddresses.includes(address))
      return `${perspective} was led to ${address}, the primary to ${primary}. If ${address} is not yours, correct the DNS or route that ${perspective} sees; else make it answer alike.`;
    if (ANSWERED.includes(failure.class))
      return `At the same address the primary perspective found the proof: make ${address} answer everybody alike, or correct the route by which ${perspective} comes there.`;
  }
  return `Make all the world see the same. ${hintFor(failure)}`;
}

/** Somebody answered, and otherwise than the primary perspective was answered. */
const ANSWERED: readonly ValidationFailure['class'][] = [
  'status',
  'body-too-long',
  'wrong-content',
  'alpn',
  'certificate',
];

/** For want of a source address of a perspective (`sourceIpv4`, `sourceIpv6`); which one is said where it is not known otherwise. */
export function hintForOwnAddress(family: AddressFamily, address?: string): string {
  const what = address === undefined ? 'the address that' : `${address}, which`;
  return `This CA's own host does not have ${what} the perspective is to dial from: set ${family === 'ipv6' ? 'sourceIpv6' : 'sourceIpv4'} in validation.perspectives to one that it has.`;
}
