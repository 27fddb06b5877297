// `webpack.js FOLDER` builds the page of browser/ with webpack.
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';

import webpack from 'webpack';

const path = resolve(process.argv[2]);
const compiler = webpack({
  mode: 'production',
  entry: './browser/page.js',
  output: { path, filename: 'page.js' },
});
compiler.run((error, stats) => {
  if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString());
  copyFileSync('browser/index.html', join(path, 'index.html'));
});
