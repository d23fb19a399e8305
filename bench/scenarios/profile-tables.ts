import type { ProfileEntry } from '../measure/cpu-profile.ts';
import { readCpuProfile } from '../measure/cpu-profile.ts';
import { figure } from '../report/figures.ts';
import type { Report } from '../report/report.ts';

const TOP_FUNCTIONS = 40;
const TOP_PLACES = 25;

/** Prints where a profiled server's CPU went. It has to have ended: the profile is written at its end. */
export function reportProfile(report: Report, folder: string, orders: number): void {
  const { busyMs, functions, places } = readCpuProfile(folder);
  const rows = (entries: readonly ProfileEntry[]) =>
    entries.map(({ name, selfMs }) => [
      name,
      `${((100 * selfMs) / busyMs).toFixed(1)} %`,
      figure(selfMs / orders),
    ]);
  const columns = ['', 'of busy time', 'ms an order'];
  const notes = [
    `${figure(busyMs)} ms busy on the main thread for ${orders} orders, start included. Waits for the disk count as busy, and sampling itself costs some.`,
  ];
  report.table({ title: 'Self time by place', columns, rows: rows(places.slice(0, TOP_PLACES)) });
  report.table({
    title: 'Self time by function',
    columns,
    rows: rows(functions.slice(0, TOP_FUNCTIONS)),
    notes,
  });
}
