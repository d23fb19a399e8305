/** The steps of an issuance, in their order; `gate` is the wait of `order-gate.ts`, which is no request. */
export const STEPS = [
  'newNonce',
  'newAccount',
  'newOrder',
  'authz',
  'challenge',
  'poll authz',
  'finalize',
  'poll order',
  'certificate',
  'revokeCert',
  'gate',
] as const;

export type Step = (typeof STEPS)[number];

/** What a load saw, in the generator. Times are milliseconds. */
export class Recorder {
  readonly orderMs: number[] = [];
  readonly stepMs: Readonly<Record<Step, number[]>>;
  requests = 0;
  badNonces = 0;
  /** Paths of requests that took longer than 5 s, or were never answered. */
  readonly unanswered: string[] = [];
  readonly failures: string[] = [];

  constructor() {
    const steps = STEPS.map((step): [Step, number[]] => [step, []]);
    this.stepMs = Object.fromEntries(steps) as Record<Step, number[]>;
  }

  step(step: Step, milliseconds: number): void {
    this.stepMs[step].push(milliseconds);
  }
}
