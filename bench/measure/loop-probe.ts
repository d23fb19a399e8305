// Runs inside the measured server, by `node --import`: nothing of it is in the program. Answers each message of the parent
// with the delays of the event loop since the last one.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** 200 wake-ups a second: far below what would show in the CPU figures, fine enough for a p99 of milliseconds. */
const RESOLUTION_MS = 5;

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
histogram.enable();

// The histogram holds whole intervals between two ticks, so the tick's own length is taken off.
const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);

process.on('message', () => {
  process.send?.({
    p50: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    max: late(histogram.max),
  });
  histogram.reset();
});
// The channel alone must not keep the server alive.
process.channel?.unref();
