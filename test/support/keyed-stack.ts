import { afterAll, beforeAll } from 'vitest';

import { KeyFile } from './api-keys.js';
import { startStack } from './gateway.js';

type Stack = Awaited<ReturnType<typeof startStack>>;

/** Starts one emulator and gateway for all tests of a suite. The gateway asks for an API key; this one may read everything. */
export function useKeyedStack(): Pick<Stack, 'emulator' | 'gateway'> & { readonly key: string } {
  const file = new KeyFile();
  const key = file.add('reader', '*');
  file.write();
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
  });
  afterAll(async () => {
    await stack.close();
    file.delete();
  });
  return {
    key,
    get emulator() {
      return stack.emulator;
    },
    get gateway() {
      return stack.gateway;
    },
  };
}
