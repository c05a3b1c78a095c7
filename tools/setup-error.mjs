/** Something that whoever runs this can put right, and how. */
export class SetupError extends Error {
  constructor(message, remedy) {
    super(`${message}\n${remedy}`);
  }
}

/** Runs a tool's main: explains a SetupError without a stack and exits with 1. */
export const main = async (work) => {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
};
