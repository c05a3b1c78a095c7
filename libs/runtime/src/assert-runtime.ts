import { exitCode } from './exit-code.js';

const requiredMajor = 24;

interface Streams {
  version: string;
  write(text: string): void;
  exit(code: number): void;
}

const thisProcess: Streams = {
  version: process.version,
  write: (text) => void process.stderr.write(text),
  exit: (code) => process.exit(code),
};

/**
 * Ends the process unless it runs on the Node release this software is built and tested with.
 * Every entry point calls it before anything else.
 */
export const assertRuntime = ({ version, write, exit }: Streams = thisProcess): void => {
  if (Number(/^v(\d+)\./.exec(version)?.[1]) === requiredMajor) return;
  write(
    `cartulary needs Node ${requiredMajor}, and this is ${version}.\n` +
      `The right one is installed with the project, at node_modules/.bin/node: start through \`npm start\`, ` +
      `\`npx cartulary\` or any npm script, which find it there. If that file is missing, run \`npm run setup\`.\n`,
  );
  exit(exitCode.configuration);
};
