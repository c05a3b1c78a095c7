/** What every entry point exits with. `configuration` is sysexits' EX_CONFIG; a signal adds its number to 128. */
export const exitCode = { ok: 0, failure: 1, usage: 2, configuration: 78 } as const;
