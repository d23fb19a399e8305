/** What Touchstone reads from the environment: two settings, and the convention of no-color.org. */
export interface Environment {
  readonly configFile: string | undefined;
  readonly dataFolder: string | undefined;
  readonly noColor: boolean;
}

/** Reads the environment of the process; an empty variable counts as absent. */
export function readEnvironment(): Environment {
  return {
    configFile: process.env.TOUCHSTONE_CONFIG || undefined,
    dataFolder: process.env.TOUCHSTONE_DATA || undefined,
    noColor: Boolean(process.env.NO_COLOR),
  };
}
