export { type Configuration, parseConfiguration } from './application/configuration.ts';
export { ConfigurationError } from './application/configuration-error.ts';
export type { ServerFacts } from './application/first-steps.ts';
export { startErrors } from './application/start-errors.ts';
export {
  type RunningTouchstone,
  type StartOptions,
  startTouchstone,
} from './application/start-touchstone.ts';
export { createValidation, type Validation } from './application/validation.ts';
export { realWorld, type World } from './application/world.ts';
