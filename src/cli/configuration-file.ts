import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Configuration } from '../application/configuration.ts';
import { isListKey, parseConfiguration } from '../application/configuration.ts';
import { parseJsonWithComments } from './json-with-comments.ts';
import { applyAssignments, applyHosts } from './settings.ts';
import { UsageError } from './usage-error.ts';

export interface ConfigurationOptions {
  readonly config?: string;
  readonly set: readonly string[];
  readonly host: readonly string[];
}

/** Joins file and flags (flags win) and checks the whole. Throws UsageError or ConfigurationError. */
export function loadConfiguration(options: ConfigurationOptions): Configuration {
  if (options.config === '')
    throw new UsageError('--config is empty: is a shell variable unset? Name a file, or leave it out.');
  const fromFile = options.config === undefined ? {} : readConfigurationFile(options.config);
  return parseConfiguration(applyHosts(applyAssignments(fromFile, options.set, isListKey), options.host));
}

function readConfigurationFile(file: string): Readonly<Record<string, unknown>> {
  const value = parseJsonWithComments(readText(file), file);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${file} must hold one JSON object, such as {"acme": {"port": 14000}}`);
  return { ...value };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new UsageError(
        `there is no file ${resolve(file)}, which --config or TOUCHSTONE_CONFIG names as the configuration.`,
      );
    throw new UsageError(
      `cannot read the configuration file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
