import { type Browser, chromium } from 'playwright-core';

/** @param program the path of Chromium, from `findProgram('chromium')` */
export function launchChromium(program: string): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
}
