/** Something that happened, past tense; `data` is JSON as it will lie in the ledger. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** The pure functions of an aggregate: no clock, no I/O; time comes with the command. */
export interface Decider<Command, Event extends DomainEvent, State> {
  readonly initial: State;
  readonly decide: (command: Command, state: State) => Event[];
  readonly evolve: (state: State, event: Event) => State;
}

/** Folds a stream's events into the aggregate's state. Events of types the decider does not know change nothing. */
export const fold = <Event extends DomainEvent, State>(
  decider: Pick<Decider<never, Event, State>, 'initial' | 'evolve'>,
  events: Iterable<DomainEvent>,
): State => {
  let state = decider.initial;
  for (const event of events) state = decider.evolve(state, event as Event);
  return state;
};
