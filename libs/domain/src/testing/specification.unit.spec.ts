import { describe, expect, it } from 'vitest';
import type { Decider, DomainEvent } from '../shared/decider.js';
import { InvalidValueError } from '../shared/errors.js';
import { specificationFor } from './specification.js';

/** Decides whatever the command says, or refuses. */
const echo: Decider<readonly unknown[] | 'refuse', DomainEvent, number> = {
  initial: 0,
  decide: (command) => {
    if (command === 'refuse') throw new InvalidValueError('field', 'no');
    return command.map((data) => ({ type: 'Said', data }));
  },
  evolve: (state) => state + 1,
};
const given = specificationFor(echo);
const said = (data: unknown): DomainEvent => ({ type: 'Said', data });

// A helper that passes whatever happens would make every specification above it worthless.
describe('then', () => {
  it('passes for equal events, whatever the order of their keys', () =>
    given([])
      .when([{ a: 1, b: [true, null] }])
      .then([said({ b: [true, null], a: 1 })]));
  it.each([
    ['another value', [{ a: 1 }], [said({ a: 2 })]],
    ['one more', [1, 2], [said(1)]],
    ['one fewer', [1], [said(1), said(2)]],
    ['another order', [1, 2], [said(2), said(1)]],
    ['a key more', [{ a: 1, b: 2 }], [said({ a: 1 })]],
    ['nothing', [], [said(1)]],
  ])('fails for %s', (_name, command, expected) =>
    expect(() => given([]).when(command).then(expected)).toThrow('decided something else'),
  );
  it.each([undefined, new Date(0), 1n])('fails for what is not JSON (%s)', (value) =>
    expect(() =>
      given([])
        .when([{ value }])
        .then([said({ value })]),
    ).toThrow('not JSON'),
  );
});

describe('thenThrows', () => {
  it('passes for the class', () => given([]).when('refuse').thenThrows(InvalidValueError));
  it('fails for another class', () =>
    expect(() => given([]).when('refuse').thenThrows(TypeError)).toThrow('threw something else'));
  it('fails when nothing is thrown', () =>
    expect(() => given([]).when([]).thenThrows(InvalidValueError)).toThrow('did not throw'));
});
