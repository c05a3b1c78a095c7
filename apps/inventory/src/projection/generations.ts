import { Injectable } from '@nestjs/common';
import type { ProjectionGeneration } from '@cartulary/contracts';
import { Database } from '@cartulary/service';

export type Status = ProjectionGeneration['status'];

export interface Generation {
  readonly generation: number;
  readonly status: Status;
  readonly version: number;
  readonly position: number;
  readonly builtTo: number;
  readonly buildingMs: number;
  readonly reason: ProjectionGeneration['reason'];
  readonly skipped: readonly number[];
  readonly comparison: ProjectionGeneration['comparison'] | null;
}

export type GenerationRecord = Generation & {
  readonly startedBy: string;
  readonly startedAt: Date;
  readonly builtAt: Date | null;
  readonly switchedAt: Date | null;
  readonly events: number;
  readonly failure: string | null;
};

/** Seconds after which a builder that says nothing has died. */
const BUILDER_SECONDS = 15;

const COLUMNS = `generation, status, version, position::float8, built_to::float8 AS "builtTo", reason,
  building_ms::float8 AS "buildingMs", skipped::float8[] AS skipped, comparison, started_by AS "startedBy",
  started_at AS "startedAt", built_at AS "builtAt", switched_at AS "switchedAt", events::float8, failure`;
const CURRENT = `SELECT ${COLUMNS} FROM projections.inventory_generations
  WHERE status <> 'dropped' AND (status <> 'failed' OR to_regnamespace('projections_inventory_' || generation) IS NOT NULL)
  ORDER BY generation`;
const CLAIM = `UPDATE projections.inventory_generations
  SET builder = $2, builder_until = now() + interval '${BUILDER_SECONDS} seconds'
  WHERE generation = $1 AND status IN ('building', 'following')
    AND (builder IS NULL OR builder = $2 OR builder_until < now())
  RETURNING ${COLUMNS}`;

/** Which generations of the tables there are, and what becomes of them. */
@Injectable()
export class Generations {
  constructor(private readonly database: Database) {}

  /** Those that have tables, oldest first. */
  current(): Promise<Generation[]> {
    return this.database.query<Generation>(CURRENT);
  }

  /** Newest first, for people. */
  records(limit = 20): Promise<GenerationRecord[]> {
    const sql = `SELECT ${COLUMNS} FROM projections.inventory_generations ORDER BY generation DESC LIMIT $1`;
    return this.database.query<GenerationRecord>(sql, [limit]);
  }

  /** However old: its record stays when its tables are gone. */
  async record(generation: number): Promise<GenerationRecord | undefined> {
    const sql = `SELECT ${COLUMNS} FROM projections.inventory_generations WHERE generation = $1`;
    return (await this.database.query<GenerationRecord>(sql, [generation]))[0];
  }

  /** How far the one that is asked knows. */
  async position(): Promise<number> {
    const sql = `SELECT position::float8 FROM projections.inventory_generations WHERE status = 'active'`;
    const [row] = await this.database.query<{ position: number }>(sql);
    return row?.position ?? 0;
  }

  /** Gives its number; undefined while another one is being built. */
  async begin(asked: {
    readonly version: number;
    readonly reason: Generation['reason'];
    readonly startedBy: string;
    readonly request?: string;
  }): Promise<number | undefined> {
    const sql = 'SELECT projections.begin_inventory_generation($1, $2, $3, $4) AS generation';
    const parameters = [asked.version, asked.reason, asked.startedBy, asked.request ?? null];
    const [row] = await this.database.query<{ generation: number | null }>(sql, parameters);
    return row?.generation ?? undefined;
  }

  /** Makes this process the builder, or says that it still is. Undefined: another one is, or there is nothing to build. */
  async claim(generation: number, builder: string): Promise<Generation | undefined> {
    return (await this.database.query<Generation>(CLAIM, [generation, builder]))[0];
  }

  /** Lets another process go on at once. */
  async release(generation: number, builder: string): Promise<void> {
    const sql = `UPDATE projections.inventory_generations SET builder_until = now() WHERE generation = $1 AND builder = $2`;
    await this.database.query(sql, [generation, builder]);
  }

  async skip(generation: number, positions: readonly number[]): Promise<void> {
    const sql = `UPDATE projections.inventory_generations SET skipped = skipped || $2::bigint[] WHERE generation = $1`;
    await this.database.query(sql, [generation, positions]);
  }

  /** May take long: no time limit. */
  async index(generation: number): Promise<void> {
    await this.database.query('SELECT projections.index_inventory_generation($1)', [generation], { timeout: 0 });
  }

  /** From now on a consumer feeds it. */
  async follow(generation: number, builder: string): Promise<void> {
    const sql = `UPDATE projections.inventory_generations
      SET status = 'following', built_to = position, built_at = clock_timestamp()
      WHERE generation = $1 AND builder = $2 AND status = 'building'`;
    await this.database.query(sql, [generation, builder]);
  }

  async compared(generation: number, comparison: NonNullable<Generation['comparison']>): Promise<void> {
    const sql = 'UPDATE projections.inventory_generations SET comparison = $2 WHERE generation = $1';
    await this.database.query(sql, [generation, JSON.stringify(comparison)]);
  }

  /** False: it is not as far as the one that is asked, or somebody reads for so long that we must not wait. */
  async switchTo(generation: number): Promise<boolean> {
    const sql = 'SELECT projections.switch_inventory($1) AS switched';
    const [row] = await this.database.query<{ switched: boolean }>(sql, [generation]);
    return row?.switched ?? false;
  }

  async fail(generation: number, failure: string): Promise<void> {
    const sql = `UPDATE projections.inventory_generations SET status = 'failed', failure = $2
      WHERE generation = $1 AND status IN ('building', 'following')`;
    await this.database.query(sql, [generation, failure.slice(0, 1_000)]);
  }

  async drop(generation: number): Promise<void> {
    await this.database.query('SELECT projections.drop_inventory_generation($1)', [generation]);
  }
}
