/**
 * Runs each contestant once a round, in turn, every other round backwards: whatever the machine does besides hits all
 * of them. `{ name: async (round) => figure }` becomes `{ name: [figure of each round] }`.
 */
export const rounds = async (count, contestants) => {
  const names = Object.keys(contestants);
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) figures[name].push(await contestants[name](round));
  }
  return figures;
};
