import { cpus } from 'node:os';
import { percentile, POLL_MS } from '@cartulary/testing';

export const title = (output) => {
  const { style } = output;
  output.line();
  output.line(
    `  ${style.bold('Cartulary as it is deployed')} ${style.dim('– each service a process of its own, events through Kafka')}`,
  );
  output.line();
};

const milliseconds = (value) => `${value.toFixed(1)} ms`.padStart(11);

/** For each responder: from the acknowledged revocation to its first answer that says revoked. */
export const latencyTable = (output, latencies, load) => {
  const { style } = output;
  const count = latencies[0].length;
  output.line(
    `  ${style.bold(`${count} certificates revoked`)} ${style.dim('– from the acknowledgement until a responder says')} ${style.red('revoked')}`,
  );
  output.line();
  output.line(`  ${' '.repeat(14)}${['p50', 'p99', 'max'].map((name) => style.dim(name.padStart(11))).join('')}`);
  for (const [index, each] of latencies.entries()) {
    const figures = [percentile(each, 0.5), percentile(each, 0.99), Math.max(...each)].map(milliseconds);
    output.line(`  ${style.bold(`responder ${'ab'[index]}`.padEnd(14))}${figures.join('')}`);
  }
  output.line();
  output.line(
    style.dim(
      `  Asked by OCSP every ${POLL_MS} ms after the last answer; ${cpus().length} CPUs for everything, load ${load} before.`,
    ),
  );
};

/** For who looks around. */
export const whereAbouts = (output, servers, place) => {
  const { style } = output;
  const { cluster } = servers;
  output.line();
  output.line(`  ${style.bold('Where everything is')}`);
  const at = (service) =>
    cluster
      .of(service)
      .map(({ restUrl }) => restUrl)
      .join(' ');
  output.details([
    ...['issuance', 'revocation', 'rotation', 'inventory'].map((service) => [
      `    ${service}`,
      at(service),
      style.cyan,
    ]),
    [
      '    responder',
      cluster
        .of('responder')
        .map(({ publicUrl }) => publicUrl)
        .join(' '),
      style.cyan,
    ],
    ['    Postgres', servers.databaseUrl],
    ['    Kafka', servers.brokers.join(',')],
    ['    credentials', `${place.dataDirectory}: root.crt, operator.crt, operator.key`],
    ['    logs', `${cluster.directory}/*/*.log, ${servers.directory}/kafka/kafka.log`],
  ]);
  output.line();
  output.line(`  ${style.bold('Try next')} ${style.dim('(in another terminal)')}`);
  output.line(`    export CARTULARY_DATA=${place.dataDirectory}`);
  const commands = [
    [`issue spiffe://${place.trustDomain}/ns/shop/sa/cart --out certs --url ${place.urls.issuance}`],
    [`revoke certs/cart.crt --reason keyCompromise --url ${place.urls.revocation}`],
    ['ocsp check certs/cart.crt'],
    [`ledger tail --follow --url ${place.urls.inventory}`],
  ];
  for (const [command] of commands) output.line(`    ${style.cyan(`npx cartulary ${command}`)}`);
  output.line();
  output.line(style.dim('  Ctrl-C stops everything and removes it.'));
};
