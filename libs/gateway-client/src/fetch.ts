/** Sends one request. */
export type Fetch = (request: Request) => Promise<Response>;

/** The platform's `fetch` at the time of the request: a mock or a framework may replace it after the client was created. */
export const platformFetch: Fetch = (request) => fetch(request);
