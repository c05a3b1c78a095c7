import { describe, expect, it } from 'vitest';
import { FollowSteps } from './follow-steps.js';

describe('FollowSteps', () => {
  it('takes fewer events at a time while they are large, and all again afterwards', () => {
    const steps = new FollowSteps(2_000, false);
    steps.learn(2_000, 2_000 * 65_000);
    expect(steps.events).toBe(129);
    steps.learn(129, 129 * 700);
    expect(steps.events).toBe(2_000);
    expect(steps.positions).toBe(2_000);
  });

  it('passes over more and more positions while an index finds few events in them, and over fewer when it finds many', () => {
    const steps = new FollowSteps(500, true);
    for (let read = 0; read < 10; read++) steps.learn(0, 0 * 0);
    expect(steps.positions).toBe(1_000_000);
    for (let read = 0; read < 3; read++) steps.learn(500, 500 * 700);
    expect(steps.positions).toBe(125_000);
    for (let read = 0; read < 20; read++) steps.learn(500, 500 * 700);
    expect(steps.positions).toBe(500);
  });
});
