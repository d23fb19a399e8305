import type { ChallengeType } from '../protocol/challenge-type.ts';

/**
 * What a person should know where records in DNS that stay name accounts by URLs that follow each request. dns-account-01 is
 * none of these: its label follows the URL too, but the record at it must hold a digest of the account's key.
 */
export function accountUrlWarnings(
  challengeTypes: readonly ChallengeType[],
  externalUrl: string | undefined,
): readonly string[] {
  if (externalUrl !== undefined || !challengeTypes.includes('dns-persist-01')) return [];
  return [
    "dns-persist-01 is on without acme.externalUrl, so account URLs follow what each request calls this server (Host): a record that names an account of another server is then good for this server's account of the same number. Say --set acme.externalUrl=https://NAME:PORT.",
  ];
}
