// Obtains a certificate with @root/acme and prints it: root-acme.mjs DIRECTORY CHALLENGE-FOLDER NAME...
// A program of its own, since the package trusts a private CA by NODE_EXTRA_CA_CERTS alone.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ACME from '@root/acme';
import CSR from '@root/csr';
import Keypairs from '@root/keypairs';
import PEM from '@root/pem';

const [directoryUrl, challengeFolder, ...domains] = process.argv.slice(2);

const acme = ACME.create({
  maintainerEmail: 'maintainer@interop.example',
  packageAgent: 'touchstone-interop/1.0',
  // It looks at the challenge itself first, on port 80.
  skipDryRun: true,
  skipChallengeTest: true,
  notify: (event, facts) => console.error(event, JSON.stringify(facts)),
  // Milliseconds until it tells its maintainers of itself over the internet: later than this program lives.
  __timeout: 600_000,
});
await acme.init(directoryUrl);

const accountKey = (await Keypairs.generate({ kty: 'EC', format: 'jwk' })).private;
const account = await acme.accounts.create({
  subscriberEmail: 'subscriber@interop.example',
  agreeToTerms: true,
  accountKey,
});

const serverKey = (await Keypairs.generate({ kty: 'EC', format: 'jwk' })).private;
const csr = PEM.packBlock({
  type: 'CERTIFICATE REQUEST',
  bytes: await CSR.csr({ jwk: serverKey, domains, encoding: 'der' }),
});

const fileOf = ({ challenge }) => join(challengeFolder, challenge.token);
const http01 = {
  init: async () => null,
  set: async (given) => writeFileSync(fileOf(given), given.challenge.keyAuthorization),
  get: async () => null,
  remove: async (given) => rmSync(fileOf(given)),
};
const { cert, chain } = await acme.certificates.create({
  account,
  accountKey,
  csr,
  domains,
  challenges: { 'http-01': http01 },
  skipDryRun: true,
});
process.stdout.write(`${cert}\n${chain}\n`, () => process.exit(0));
