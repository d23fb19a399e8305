/** How a dial ended. Told apart by where the time was spent, never by the text of an error. */
export type DialOutcome = 'connected' | DialFailureKind;
export type DialFailureKind =
  | 'timeout'
  | 'refused'
  | 'host-unreachable'
  | 'network-unreachable'
  | 'reset'
  | 'other';
