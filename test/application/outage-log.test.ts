import { expect, test } from 'vitest';
import { createOutageLog } from '../../src/application/outage-log.ts';

function atHand() {
  const said: string[] = [];
  const state = { now: 0 };
  const say = (facts: object, message: string): void => void said.push(`${JSON.stringify(facts)} ${message}`);
  const timer = { now: () => state.now, after: () => () => {} };
  return { said, state, log: createOutageLog({ error: say, warn: say }, timer) };
}

test('an outage is told once, once more a minute later, and when it is over', () => {
  const { said, state, log } = atHand();
  log.succeeded();
  for (const now of [1_000, 2_000, 60_999, 61_000, 62_000]) {
    state.now = now;
    log.failed(new Error('full'));
  }
  expect(said).toEqual(['{"failedCommits":1} full', '{"failedCommits":4} full']);
  state.now = 67_000;
  log.succeeded();
  log.succeeded();
  expect(said.slice(2)).toEqual(['{"failedCommits":5} Changes are kept again.']);
  log.failed(new Error('full again'));
  expect(said.slice(3)).toEqual(['{"failedCommits":1} full again']);
});

test('small commits that go through on a nearly full disk make no flood of lines', () => {
  const { said, state, log } = atHand();
  for (let now = 0; now < 50_000; now += 100) {
    state.now = now;
    log.failed(new Error('full'));
    log.succeeded();
  }
  expect(said).toEqual(['{"failedCommits":1} full']);
});
