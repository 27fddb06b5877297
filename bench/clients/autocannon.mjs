// As many requests as a server answers, by autocannon, for machines without wrk.
import autocannon from 'autocannon';

const { url, path, unique, headers, connections, seconds } = JSON.parse(process.argv[2]);
let number = 0;
const { requests, errors, duration, non2xx, ...counts } = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: [
    {
      path,
      headers,
      ...(unique ? { setupRequest: (request) => ({ ...request, path: `${path}${(number += 1)}` }) } : {}),
    },
  ],
});
const failed = non2xx - counts['3xx'] + errors;
process.stdout.write(`RESULT ${JSON.stringify({ requests: requests.total, failed, seconds: duration })}\n`);
