import { z } from 'zod';
import { dnsSchema } from '../dns/dns-config.ts';
import { issuanceSchema } from '../issuance/issuer-config.ts';
import { policySchema } from '../policy/policy-config.ts';
import { LOG_LEVELS } from '../runtime/logger.ts';
import { validationSchema } from '../validation/validation-config.ts';
import { acmeSchema, publicationSchema } from './listening-config.ts';

const logSchema = z.strictObject({ level: z.enum(LOG_LEVELS).default('info') });

/** The whole configuration: each room's part under its own key. Every default is usable; unknown keys are refused. */
export const configurationSchema = z.strictObject({
  $schema: z.string().optional(),
  acme: acmeSchema.prefault({}),
  publication: publicationSchema.prefault({}),
  dns: dnsSchema.prefault({}),
  validation: validationSchema.prefault({}),
  policy: policySchema.prefault({}),
  issuance: issuanceSchema.prefault({}),
  log: logSchema.prefault({}),
});

export type Configuration = z.infer<typeof configurationSchema>;

/** A configuration that cannot be used; its message names each key and what is wrong with it. */
export class ConfigurationError extends Error {
  constructor(problems: readonly string[]) {
    super(`the configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

/** Checks raw settings and fills in the defaults. Throws ConfigurationError that names every bad key at once. */
export function parseConfiguration(settings: unknown): Configuration {
  const result = configurationSchema.safeParse(settings);
  if (result.success) return result.data;
  throw new ConfigurationError(result.error.issues.flatMap(describeIssue));
}

/** True for keys that hold a list, whose text on a command line is split at commas. */
export function isListKey(key: string): boolean {
  if (key.startsWith('dns.hosts.')) return true;
  const schema = z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' });
  return holdsList(propertyAt(schema, key.split('.')));
}

function describeIssue(issue: z.core.$ZodIssue): readonly string[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys')
    return [`${path === '' ? 'the top level' : path}: ${issue.message}`];
  return issue.keys.map((key) => `${path === '' ? key : `${path}.${key}`}: there is no such key`);
}

function propertyAt(schema: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, name) => {
    const properties = memberOf(current, 'properties');
    return memberOf(properties, name);
  }, schema);
}

function holdsList(schema: unknown): boolean {
  if (memberOf(schema, 'type') === 'array') return true;
  const alternatives = memberOf(schema, 'anyOf');
  return Array.isArray(alternatives) && alternatives.some(holdsList);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
