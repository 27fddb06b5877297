import { startStack } from './gateway.js';
import { freePort } from './redis-server.js';

/** Starts a gateway with metrics, and reads them. */
export async function startMeasured(variables: Record<string, string> = {}) {
  const port = await freePort();
  const stack = await startStack({ METRICS_PORT: String(port), ...variables });
  const text = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return {
    stack,
    port,
    text,
    /** The value of a series; undefined if the series does not exist. */
    value: async (series: string): Promise<number | undefined> => {
      const line = (await text())
        .split('\n')
        .find((line) => line.startsWith(`outboundbot_gateway_${series} `));
      return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
    },
  };
}
