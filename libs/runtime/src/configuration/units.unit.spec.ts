import { describe, expect, it } from 'vitest';
import { formatDuration, parseBytes, parseDuration } from './units.js';

describe('durations', () => {
  it.each([
    ['200ms', 200],
    ['1s', 1_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['10y', 315_360_000_000],
    ['0', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', 'm', '5 minutes', '-1s', '1e3s', '5M', '1m30s', '0.0001ms'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each(['1d', '90m', '1y', '1500ms'])('%s is written as it was read', (text) => {
    expect(formatDuration(parseDuration(text) ?? -1)).toBe(text);
  });
});

describe('sizes', () => {
  it.each([
    ['1MiB', 1_048_576],
    ['64kB', 64_000],
    ['1024', 1_024],
  ])('%s is %i octets', (text, octets) => {
    expect(parseBytes(text)).toBe(octets);
  });

  it.each(['1mb', 'MiB', '-1', '0.3B'])('%j is none', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});
