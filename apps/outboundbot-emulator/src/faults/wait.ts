import type { ServerResponse } from 'node:http';

/** Resolves with true after `ms`, or with false as soon as the connection is closed. */
export function wait(response: ServerResponse, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.socket === null || response.socket.destroyed) {
      resolve(false);
      return;
    }
    const onClose = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      response.off('close', onClose);
      resolve(true);
    }, ms);
    response.once('close', onClose);
  });
}
