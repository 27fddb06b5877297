/** The text before the operations, in Markdown. docs/api.md has the details. */
export const INTRODUCTION = `\
Reads the instances of Alibaba Cloud's OutboundBot service (智能外呼, outbound-call robots). The gateway signs, retries and
caches the calls, and never changes anything.

## Credentials

If the operators of this gateway require it, a request for an instance or for the list needs a credential that they gave
you: an API key in \`X-API-Key\`, or an access token as \`Authorization: Bearer\`. A 401 says in \`WWW-Authenticate\` which
kinds they take. All other routes need none.

## Caching

An answer may come from the gateway's cache: \`Age\` is its age, \`Cache-Status\` says where it came from. Send its \`ETag\`
back in \`If-None-Match\`, and the answer is a 304 without a body while nothing has changed. To see a change at once, send
\`Cache-Control: no-cache\`.

## Errors and retrying

Every error is a problem document (RFC 9457). Decide by its \`code\`; new codes may come, so treat one that you do not know
by its status. [Each code](problems) has a page that says what to do. The gateway has already retried what a retry can
cure. After a 429 or a 503 wait for the seconds in \`Retry-After\`, after a 502 or a 504 for longer. Any other request needs
a change before you send it again.

If you ask the operators for help, give them the \`X-Request-Id\` of the answer.

## Limits

Each caller may send a number of requests in a window of time, also for answers from the cache. \`RateLimit-Policy\` and
\`RateLimit\` say how many, and how many are left. Beyond the limit the answer is 429.
`;
