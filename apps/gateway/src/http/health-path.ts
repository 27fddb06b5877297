/** Whether the URL of a request is one of the health routes, which load balancers and probes ask every few seconds. */
export function isHealthPath(url: string): boolean {
  return url.startsWith('/health/');
}
