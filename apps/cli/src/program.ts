import { Command } from 'commander';
import { agentCommand } from './agent/agent.js';
import { ceremonyCommand } from './ceremony/ceremony.js';
import { completionCommand } from './completion/completion.js';
import { whoamiCommand } from './connection/whoami.js';
import type { CliContext } from './context.js';
import { crlCommand } from './crl/crl.js';
import { deadLettersCommand } from './dead-letters/dead-letters.js';
import { doctorCommand } from './doctor/doctor.js';
import { exitCodes } from './exit-codes.js';
import { identityCommand } from './identity/identity.js';
import { incidentCommand } from './incident/incident.js';
import { historyCommand } from './inspect/history.js';
import { listCommand } from './inspect/list.js';
import { publicationCommand } from './inspect/publication.js';
import { showCommand } from './inspect/show.js';
import { issueCommand } from './issue/issue.js';
import { issuerCommand } from './issuer/issuer.js';
import { ledgerCommand } from './ledger/tail.js';
import { enforcementCommand } from './mesh/enforcement.js';
import { mtlsCommand } from './mesh/mtls.js';
import { serviceCommand } from './mesh/service.js';
import { ocspCommand } from './ocsp/ocsp.js';
import { projectionCommand } from './projection/projection.js';
import { renewCommand } from './renew/renew.js';
import { holdCommand, releaseCommand, revokeCommand } from './revoke/revoke.js';
import { rotateCommand } from './rotate/rotate.js';
import { rotationsCommand } from './rotate/rotations.js';
import { tokenCommand } from './token/token.js';
import { serviceCommands } from './service/service.js';
import { initCommand, upCommand } from './up/up.js';
import type { FindMain } from './up/service.js';

const exitCodeLines = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);

/** The whole command; `findMain` says what `up` and `init` start. */
export const createProgram = (context: CliContext, findMain?: FindMain): Command => {
  const program = new Command('cartulary')
    .description('Certificates for a service mesh: issued, renewed, revoked, and every step in a ledger.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpCommand(false);

  const add = (heading: string, commands: readonly Command[]): void => {
    program.commandsGroup(heading);
    for (const command of commands) program.addCommand(command);
  };
  add('Service:', [upCommand(context, findMain), initCommand(context, findMain)]);
  add('Services apart:', serviceCommands(context, findMain));
  add('Machines:', [agentCommand(context, findMain)]);
  add('Certificates:', [
    issueCommand(context),
    renewCommand(context),
    listCommand(context),
    showCommand(context),
    historyCommand(context),
    rotateCommand(context),
    rotationsCommand(context),
  ]);
  add('Revocation:', [
    revokeCommand(context),
    holdCommand(context),
    releaseCommand(context),
    incidentCommand(context),
    crlCommand(context),
    ocspCommand(context),
    enforcementCommand(context),
  ]);
  add('Mesh:', [serviceCommand(context), mtlsCommand(context)]);
  add('Administration:', [
    identityCommand(context),
    issuerCommand(context),
    ceremonyCommand(context),
    tokenCommand(context),
    publicationCommand(context),
    ledgerCommand(context),
    projectionCommand(context),
    deadLettersCommand(context),
    whoamiCommand(context),
    doctorCommand(context),
    completionCommand(context),
  ]);
  program.addHelpText(
    'after',
    [
      '',
      'Start here:',
      '  cartulary up --walk                                        the service, and a certificate’s whole life',
      '  cartulary issue spiffe://cluster.local/ns/shop/sa/cart     a certificate of your own',
      '  cartulary revoke cart.crt --reason keyCompromise           and it is good no more',
      '',
      'Exit codes:',
      ...exitCodeLines,
    ].join('\n'),
  );
  return program;
};

/** `program` and every command below it. */
export const everyCommand = (program: Command): Command[] => [program, ...program.commands.flatMap(everyCommand)];
