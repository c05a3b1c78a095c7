import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FIRST = '0001_create_ledger.sql';

/** CARTULARY_MIGRATIONS, or the nearest `migrations` folder above this package (the repository's, from src and dist). */
export function migrationsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const configured = environment['CARTULARY_MIGRATIONS'];
  if (configured !== undefined && configured !== '') return configured;
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const candidate = join(directory, 'migrations');
    if (existsSync(join(candidate, FIRST))) return candidate;
    if (dirname(directory) === directory) {
      throw new Error('there is no folder with the migrations above this package; set CARTULARY_MIGRATIONS');
    }
  }
}
