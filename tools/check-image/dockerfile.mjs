import { readFileSync } from 'node:fs';

const words = (text) => (text.startsWith('[') ? JSON.parse(text) : text.split(/\s+/));

/** The stages of a Dockerfile: `{ from, name, steps: [{ op, text }] }`, lines joined, comments gone. */
export const readDockerfile = (path) => {
  const text = readFileSync(path, 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ');
  const stages = [];
  for (const line of text
    .split('\n')
    .map((one) => one.trim())
    .filter(Boolean)) {
    const [, op, rest] = /^(\w+)\s+(.*)$/.exec(line);
    if (op === 'FROM') {
      const [from, , name] = rest.split(/\s+/);
      stages.push({ from, name, steps: [] });
    } else stages.at(-1).steps.push({ op, text: rest });
  }
  return stages;
};

/** What a container of the last stage starts with. */
export const imageConfig = ({ steps }) => {
  const of = (op) => steps.filter((step) => step.op === op).map(({ text }) => text);
  const pairs = of('ENV').flatMap((text) => [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  return {
    env: Object.fromEntries(pairs),
    user: of('USER').at(-1),
    workdir: of('WORKDIR').at(-1) ?? '/',
    entrypoint: words(of('ENTRYPOINT').at(-1) ?? '[]'),
    command: words(of('CMD').at(-1) ?? '[]'),
    healthcheck: words(/CMD (.*)$/.exec(of('HEALTHCHECK').at(-1) ?? '')?.[1] ?? '[]'),
    ports: of('EXPOSE').flatMap(words).map(Number),
    volumes: of('VOLUME').flatMap(words),
  };
};
