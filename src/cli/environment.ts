/** What Touchstone reads from the environment: two settings, and the convention of no-color.org. */
export interface Environment {
  readonly configFile: string | undefined;
  readonly dataFolder: string | undefined;
  readonly noColor: boolean;
}

/**
 * Reads the environment of the process. An empty variable counts as absent, but for the data folder: another than the one
 * that was meant is not to be filled.
 */
export function readEnvironment(): Environment {
  return {
    configFile: process.env.TOUCHSTONE_CONFIG || undefined,
    dataFolder: process.env.TOUCHSTONE_DATA,
    noColor: Boolean(process.env.NO_COLOR),
  };
}
