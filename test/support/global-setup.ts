import { execFileSync } from 'node:child_process';

/** Some tests start the programs as a person would, from `dist`, and all serve the files there: build it, so that they never meet an old one. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
