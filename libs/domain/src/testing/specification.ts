import { type Decider, type DomainEvent, fold } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';

type ErrorClass = abstract new (...args: never[]) => Error;

/** Carries both sides, so that the test runner shows their difference; nothing here depends on the runner. */
class SpecificationError extends Error {
  override readonly name = 'SpecificationError';
  constructor(
    message: string,
    readonly expected: unknown,
    readonly actual: unknown,
  ) {
    super(message);
  }
}

// Keys sorted: their order is the envelope's matter. What JSON would drop or change (undefined, dates, bigints) has no
// place in an event and fails.
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item)]));
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  throw new SpecificationError('not JSON', 'a JSON value', value);
};

/** `specificationFor(decider)(events).when(command).then(events)` or `.thenThrows(ErrorClass)`. */
export const specificationFor =
  <Command, Event extends DomainEvent, State>(decider: Decider<Command, Event, State>) =>
  (history: readonly Event[]) => ({
    when: (command: Command) => {
      const decide = () => decider.decide(command, fold(decider, history));
      return {
        then: (expected: readonly Event[]): void => {
          const [left, right] = [canonical(expected), canonical(decide())];
          if (JSON.stringify(left) !== JSON.stringify(right)) {
            throw new SpecificationError('decided something else', left, right);
          }
        },
        thenThrows: (expected: ErrorClass): void => {
          let decided: Event[];
          try {
            decided = decide();
          } catch (error) {
            if (error instanceof expected) return;
            throw new SpecificationError(`threw something else: ${String(error)}`, expected.name, error);
          }
          throw new SpecificationError('did not throw', expected.name, decided);
        },
      };
    },
  });

/** In one word: the events' types, `nothing`, or the code of the refusal. */
export const outcomeOf = <Command, Event extends DomainEvent, State>(
  decider: Decider<Command, Event, State>,
  history: readonly Event[],
  command: Command,
): string => {
  try {
    const decided = decider.decide(command, fold(decider, history));
    return decided.map((event) => event.type).join(' + ') || 'nothing';
  } catch (error) {
    if (error instanceof LifecycleError) return error.code;
    throw error;
  }
};

/** What each command (columns) does in each state (rows, named by a history that leads there): no cell may be missing. */
export const cellsOf = <Row extends string, Column extends string, History, Command>(
  histories: Record<Row, History>,
  commands: Record<Column, Command>,
  table: Record<Row, Record<Column, string>>,
) =>
  (Object.keys(histories) as Row[]).flatMap((state) =>
    (Object.keys(commands) as Column[]).map((name) => ({
      state,
      name,
      history: histories[state],
      command: commands[name],
      expected: table[state][name],
    })),
  );
