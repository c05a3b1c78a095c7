import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const KAFKA_VERSION = '4.1.0';

const artifact = (name: string, group = 'org.apache.kafka', version = KAFKA_VERSION): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>dev.cartulary</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>${artifact('kafka_2.13')}${artifact('kafka-tools')}${artifact('slf4j-simple', 'org.slf4j', '1.7.36')}</dependencies></project>
`;
// Named anew when the pom changes, so that nobody goes on with what an older one fetched.
const folder = `kafka-${KAFKA_VERSION}-logging`;

/** Thrown when the machine can't run Kafka; says what is missing. */
export class KafkaMissingError extends Error {
  override readonly name = 'KafkaMissingError';
}

/**
 * The directory of Apache Kafka's jars: fetched once from Maven Central into the user's cache, and kept outside the
 * tree. Installs a JDK and Maven where they are missing and this process may.
 */
export async function kafkaJars(): Promise<string> {
  await needed('java', 'openjdk-17-jre-headless');
  const home = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cartulary');
  const jars = join(home, folder, 'libs');
  if (existsSync(jars)) return jars;
  await needed('mvn', 'maven');
  await mkdir(home, { recursive: true });
  const fetched = await mkdtemp(join(home, 'fetching-'));
  try {
    await writeFile(join(fetched, 'pom.xml'), pom);
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${join(fetched, 'libs')}`];
    await run('mvn', ['-q', '-B', '-f', join(fetched, 'pom.xml'), ...goal], { timeout: 600_000 });
    // Whole or not at all; another process may have been faster.
    await rename(fetched, join(home, folder)).catch((error: unknown) => {
      if (!existsSync(jars)) throw error;
    });
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
  return jars;
}

async function needed(command: string, debianPackage: string): Promise<void> {
  if (await found(command)) return;
  const root = process.getuid?.() === 0 && (await found('apt-get'));
  if (root) {
    await run('apt-get', ['update', '-q'], { timeout: 300_000 }).catch(() => undefined);
    await run(
      'apt-get',
      ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '-q', '--no-install-recommends', debianPackage],
      { timeout: 600_000 },
    );
  }
  if (!(await found(command))) {
    throw new KafkaMissingError(`Kafka for tests needs ${command}: install ${debianPackage}`);
  }
}

const found = (command: string): Promise<boolean> =>
  run('/bin/sh', ['-c', 'command -v "$1"', 'sh', command]).then(
    () => true,
    () => false,
  );
