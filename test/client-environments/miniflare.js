// `miniflare.js BUNDLE URL ID` starts Workers at old and new compatibility dates, and prints what each of them answers.
import { readFileSync } from 'node:fs';
import process from 'node:process';

import { Miniflare } from 'miniflare';

const [bundle, baseUrl, id] = process.argv.slice(2);
const answers = {};
for (const compatibilityDate of ['2021-11-02', '2023-05-01', '2025-06-01', '2026-04-01']) {
  const miniflare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: readFileSync(bundle, 'utf8') }],
    compatibilityDate,
    bindings: { GATEWAY_URL: baseUrl, INSTANCE_ID: id },
  });
  const get = async (path) => (await miniflare.dispatchFetch(`http://worker${path}`)).json();
  const withCache = encodeURIComponent(JSON.stringify({ cache: 'default' }));
  answers[compatibilityDate] = {
    read: await get('/'),
    withCache: await get(`/?options=${withCache}`),
    parallel: await Promise.all([get('/kept'), get('/kept'), get('/kept')]),
  };
  await miniflare.dispose();
}
console.log(JSON.stringify(answers));
