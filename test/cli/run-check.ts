import type { CheckOptions } from '../../src/cli/check-command.ts';
import { check } from '../../src/cli/check-command.ts';

export interface Checked {
  readonly ok: boolean;
  readonly out: string;
  readonly err: string;
}

/** Runs `touchstone check` in this process, without colours, in the real world. */
export async function runCheck(name: string, options: Partial<CheckOptions> = {}): Promise<Checked> {
  let [out, err] = ['', ''];
  const output = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    color: false,
  };
  const ok = await check(name, { set: [], host: [], ...options }, output);
  return { ok, out, err };
}
