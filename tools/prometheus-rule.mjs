// Writes deploy/prometheus/prometheus-rule.yaml: the rules of alerts.yml as the Prometheus operator reads them. The
// argument --check compares the file instead, and exits with 1 if it is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';

import { format, resolveConfig } from 'prettier';
import { parse, stringify } from 'yaml';

const SOURCE = new URL('../deploy/prometheus/alerts.yml', import.meta.url);
const TARGET = new URL('../deploy/prometheus/prometheus-rule.yaml', import.meta.url);

const rule = stringify({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'outboundbot-gateway' },
  spec: parse(readFileSync(SOURCE, 'utf8')),
});
const text = await format(`# Written by \`npm run alerts\` from alerts.yml. Change that file.\n${rule}`, {
  ...(await resolveConfig(TARGET)),
  parser: 'yaml',
});

if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, text);
} else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('deploy/prometheus/prometheus-rule.yaml is not what alerts.yml says: run `npm run alerts`.');
  process.exitCode = 1;
}
