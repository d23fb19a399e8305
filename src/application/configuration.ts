import * as z from 'zod';
import { dnsSchema } from '../dns/dns-config.ts';
import { issuanceSchema } from '../issuance/issuer-config.ts';
import { policySchema } from '../policy/policy-config.ts';
import { registrationSchema } from '../registration/registration-config.ts';
import { LOG_LEVELS } from '../runtime/logger.ts';
import { storeSchema } from '../store/store-config.ts';
import { caaSchema } from '../validation/caa-config.ts';
import { validationSchema } from '../validation/validation-config.ts';
import { ConfigurationError } from './configuration-error.ts';
import { acmeSchema, publicationSchema } from './listening-config.ts';

const logSchema = z.strictObject({ level: z.enum(LOG_LEVELS).default('info') });

/** The whole configuration: each room's part under its own key. Every default is usable; unknown keys are refused. */
export const configurationSchema = z
  .strictObject({
    $schema: z.string().optional(),
    acme: acmeSchema.prefault({}),
    publication: publicationSchema.prefault({}),
    dns: dnsSchema.prefault({}),
    validation: validationSchema.prefault({}),
    caa: caaSchema.prefault({}),
    policy: policySchema.prefault({}),
    registration: registrationSchema.prefault({}),
    issuance: issuanceSchema.prefault({}),
    store: storeSchema.prefault({}),
    log: logSchema.prefault({}),
  })
  .superRefine(({ acme, publication }, context) => {
    if (acme.port !== 0 && acme.port === publication.port)
      context.addIssue({
        code: 'custom',
        path: ['publication', 'port'],
        message: `must be another port than acme.port, and both are ${acme.port}`,
      });
  });

export type Configuration = z.infer<typeof configurationSchema>;

/** Checks raw settings and fills in the defaults. Throws ConfigurationError that names every bad key at once. */
export function parseConfiguration(settings: unknown): Configuration {
  const result = configurationSchema.safeParse(settings, { reportInput: true });
  if (result.success) return result.data;
  throw new ConfigurationError(result.error.issues.flatMap(describeIssue));
}

/** True for keys that hold a list, whose text on a command line is split at commas. */
export function isListKey(key: string): boolean {
  if (key.startsWith('dns.hosts.')) return true;
  return holdsList(schemaAt(key));
}

/** Every key that can be set, by its dotted path; names below `dns.hosts` are the operator's own. */
export function settingKeys(): readonly string[] {
  return leavesOf(schemaAt(''), '').filter((key) => key !== '$schema');
}

function leavesOf(schema: unknown, path: string): readonly string[] {
  const properties = memberOf(schema, 'properties');
  if (properties !== undefined)
    return Object.entries(Object(properties)).flatMap(([name, inner]) => leavesOf(inner, join(path, name)));
  return [memberOf(schema, 'additionalProperties') === undefined ? path : `${path}.NAME`];
}

function describeIssue(issue: z.core.$ZodIssue): readonly string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(Object(memberOf(schemaAt(path), 'properties'))).filter(
      (key) => key !== '$schema',
    );
    const place = path === '' ? 'the top level' : path;
    return issue.keys.map(
      (key) => `${join(path, key)}: there is no such key; ${place} has ${known.join(', ')}`,
    );
  }
  return [`${path === '' ? 'the top level' : path}: ${complaintOf(issue)}`];
}

/** What the value should be and what it is, without the schema library's words. */
function complaintOf(issue: z.core.$ZodIssue): string {
  const found = issue.input === undefined ? 'absent' : JSON.stringify(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}, and is ${found}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}, and is ${found}`;
    case 'too_big':
      return `must be at most ${issue.maximum}, and is ${found}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}, and is ${found}`;
    default:
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object with keys of its own',
  record: 'an object with keys of its own',
  string: 'a text',
};

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function schemaAt(path: string): unknown {
  const schema = z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' });
  return path === '' ? schema : propertyAt(schema, path.split('.'));
}

function propertyAt(schema: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, name) => {
    const properties = memberOf(current, 'properties');
    return memberOf(properties, name) ?? memberOf(current, 'items');
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
