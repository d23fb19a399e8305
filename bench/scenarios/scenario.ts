import type { Transport } from '../load/channel.ts';
import type { BenchPaths } from '../paths.ts';
import type { Report } from '../report/report.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { TouchstoneOptions, TouchstoneServer } from '../servers/touchstone.ts';
import type { BenchWorld } from '../world/bench-world.ts';

export interface BenchOptions {
  readonly quick: boolean;
  /** Numbers of clients; a scenario's own when absent. */
  readonly clients?: readonly number[];
  /** Names in each order; a scenario's own when absent. */
  readonly names?: number;
  /** Orders in one round; a scenario's own when absent. */
  readonly orders?: number;
  /** Rounds of each server, in turn. */
  readonly pairs?: number;
  /** Orders of each server before anything is measured, but for the cold table; a scenario's own when absent. */
  readonly warmUp?: number;
  readonly transport: Transport;
  /** More arguments for the node that runs our server, for experiments. */
  readonly nodeArguments: readonly string[];
  /** Where CPU profiles of our server go. */
  readonly profile?: string;
}

export interface BenchContext {
  readonly options: BenchOptions;
  readonly paths: BenchPaths;
  readonly world: BenchWorld;
  readonly report: Report;
  /** Starts our server; it is stopped at the end of the scenario if it still runs. */
  startTouchstone(options?: Omit<TouchstoneOptions, 'paths' | 'world'>): Promise<TouchstoneServer>;
  /** Starts Pebble, likewise; undefined where it is not installed or not wanted. */
  readonly startPebble: (() => Promise<BenchServer>) | undefined;
  /** Done at the end of the scenario, however it ends; the last first. */
  defer(action: () => void | Promise<void>): void;
}

/** One thing to measure. A new one is a file beside this with one entry in the list of bench/main.ts. */
export interface Scenario {
  /** As `--only` takes it. */
  readonly name: string;
  /** One line of `--help`. */
  readonly summary: string;
  /** True: part of a run without `--only`. */
  readonly usual: boolean;
  run(context: BenchContext): Promise<void>;
}
