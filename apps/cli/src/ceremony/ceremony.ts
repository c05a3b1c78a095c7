import type { Command } from 'commander';
import { group } from '../command.js';
import type { CliContext } from '../context.js';
import { planCommand } from './plan.js';
import { requestCommand } from './request.js';
import { runCommand } from './run.js';
import { verifyCommand } from './verify.js';

export const ceremonyCommand = (context: CliContext): Command =>
  group('ceremony', 'an offline root: issuers and CRLs signed ahead', [
    planCommand(context),
    requestCommand(context),
    runCommand(context),
    verifyCommand(context),
  ]);
