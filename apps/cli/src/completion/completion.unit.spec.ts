import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crlReasonCode } from '@cartulary/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cartulary } from '../command-line.fixture.spec.js';

const directory = mkdtempSync(join(tmpdir(), 'cartulary-completion-'));
beforeAll(async () => {
  writeFileSync(join(directory, 'cart.crt'), '');
  mkdirSync(join(directory, 'certs'));
  for (const shell of ['bash', 'zsh'])
    writeFileSync(join(directory, `script.${shell}`), (await cartulary(['completion', shell])).out);
});
afterAll(() => rmSync(directory, { recursive: true }));

const runs = (shell: string): boolean => spawnSync(shell, ['-c', ':']).status === 0;

const printed = (shell: string, args: readonly string[]): string[] => {
  const { stdout, stderr, status } = spawnSync(shell, args, { cwd: directory, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter(Boolean).sort();
};

/** As bash asks: the line's words, and which of them the cursor is at. */
const inBash = (words: readonly string[]): string[] => {
  const program =
    'source script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cartulary; printf "%s\\n" "${COMPREPLY[@]}"';
  return printed('bash', ['--norc', '-c', program, 'bash', ...words]);
};

/** As zsh's completion system calls it; what it would offer is printed, as far as it begins with the last word. */
const inZsh = (words: readonly string[]): string[] => {
  const program = `compdef() { : }
    offer() { for each; do [[ $each == "$\{last}"* ]] && print -r -- $each; done; return 0 }
    compset() { last=$\{last#*=} }
    compadd() { shift; offer "$@" }
    _describe() { local -a all; all=("$\{(@P)2}"); offer "$\{(@)all%%:*}" }
    _files() { if [[ $1 == -/ ]]; then offer *(/N); else offer *(N); fi }
    source ./script.zsh; words=("$@"); CURRENT=$#; last=$\{words[CURRENT]}; _cartulary`;
  return printed('zsh', ['-f', '-c', program, 'zsh', ...words]);
};

// zsh is not on every machine; where it is, it has to do the same.
const shells = [['bash', inBash] as const, ...(runs('zsh') ? [['zsh', inZsh] as const] : [])];

describe.each(shells)('in a real %s', (_, complete) => {
  // Holding is a command of its own.
  const reasons = Object.keys(crlReasonCode)
    .filter((reason) => reason !== 'certificateHold')
    .sort();

  it('offers commands, and those below', () => {
    expect(complete(['cartulary', 'iss'])).toEqual(['issuance', 'issue', 'issuer']);
    const ofIdentities = ['displace', 'list', 'place', 'placements', 'register', 'reinstate', 'show', 'suspend'];
    expect(complete(['cartulary', 'identity', ''])).toEqual(ofIdentities);
    expect(complete(['cartulary', 'issuer', 're'])).toEqual(expect.arrayContaining(['revoke']));
  });

  it('offers the options of the command, wherever it stands', () => {
    expect(complete(['cartulary', 'list', '--na'])).toEqual(['--namespace']);
    expect(complete(['cartulary', 'revoke', '--reason', 'keyCompromise', 'x.crt', '--inv'])).toEqual([
      '--invalidity-date',
    ]);
    expect(complete(['cartulary', '--h'])).toEqual(['--help']);
    expect(complete(['cartulary', 'token', 'revoke', '--reas'])).toEqual([]);
  });

  it('offers values where there are only some', () => {
    expect(complete(['cartulary', 'revoke', '--reason', ''])).toEqual(reasons);
    expect(complete(['cartulary', 'list', '--status', 'a'])).toEqual(['active']);
    expect(complete(['cartulary', 'identity', 'list', '--status', ''])).toEqual(['active', 'suspended']);
    expect(complete(['cartulary', 'issue', 'spiffe://x', '--profile', 's'])).toContain('server');
    expect(complete(['cartulary', 'completion', ''])).toEqual(['bash', 'zsh']);
  });

  it('offers files and directories, and nothing where anything may stand', () => {
    expect(complete(['cartulary', 'revoke', 'cart'])).toEqual(['cart.crt']);
    expect(complete(['cartulary', 'list', '--ca', 'c'])).toEqual(['cart.crt', 'certs']);
    expect(complete(['cartulary', 'issue', '--out', ''])).toEqual(['certs']);
    expect(complete(['cartulary', 'list', '--namespace', ''])).toEqual([]);
  });

  it('does not take a value for a command', () =>
    expect(complete(['cartulary', 'list', '--namespace', 'issuer', '--sta'])).toEqual(['--status']));
});

it('completes --option=value as each shell has it', () => {
  expect(inBash(['cartulary', 'list', '--status', '=', 're'])).toEqual(['revoked']);
  expect(inBash(['cartulary', 'list', '--status', '='])).toEqual(['active', 'expired', 'held', 'revoked']);
  if (runs('zsh')) expect(inZsh(['cartulary', 'list', '--status=re'])).toEqual(['revoked']);
});

it('knows no other shell', async () => expect(await cartulary(['completion', 'fish'])).toMatchObject({ code: 2 }));
