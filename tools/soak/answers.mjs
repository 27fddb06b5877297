import { bodyOf } from './instances.mjs';

/** How an upstream's failure may look. */
const UPSTREAM_FAILURES = [
  'upstream-error',
  'upstream-invalid-response',
  'upstream-throttled',
  'upstream-unavailable',
  'upstream-timeout',
];

/** What is told of a kind of wrong answer: so many examples. */
const EXAMPLES = 3;

/** Checks answers, and keeps count. */
export class Verdicts {
  /** Wrong answers: how many of each kind, and some examples. */
  wrong = new Map();
  statuses = {};
  problems = {};
  /** Readings of instances that there are, and how many of them failed; `...InOutage` while the upstream was away for all. */
  readings = { hot: tally(), other: tally(), hotInOutage: tally(), otherInOutage: tally() };
  #known;
  #faults;
  #etags = new Map();

  constructor(problems, faults) {
    this.#known = new Map(problems.map(({ code, status }) => [code, status]));
    this.#faults = faults;
  }

  get wrongAnswers() {
    return [...this.wrong.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** The headers of a conditional request. */
  condition(id) {
    const etag = this.#etags.get(id);
    return etag === undefined ? {} : { 'if-none-match': etag };
  }

  judge(asked, answer) {
    const status = answer.error ? 'none' : answer.status;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    const complaint = answer.error ? `no answer: ${answer.error.message}` : this.#complaint(asked, answer);
    if (complaint !== undefined) this.#note(complaint, asked, answer);
    if (asked.id === undefined || !asked.upstream || ![200, 304, 502, 503, 504, 'none'].includes(status))
      return;
    const inOutage = this.#faults.wereTotalSince(asked.startedAt);
    const readings = this.readings[`${asked.hot ? 'hot' : 'other'}${inOutage ? 'InOutage' : ''}`];
    readings.all += 1;
    if (![200, 304].includes(status)) readings.failed += 1;
  }

  /** What is wrong with an answer, if anything is. */
  #complaint(asked, { status, headers, body }) {
    if (headers['x-request-id'] !== asked.headers['x-request-id']) return 'not our X-Request-Id';
    if (status >= 400) {
      const complaint = this.#complaintOfProblem(asked, status, headers, body);
      if (complaint !== undefined) return complaint;
    }
    const isExpected = asked.statuses.includes(status);
    if (!isExpected && !(asked.upstream && [502, 503, 504].includes(status))) return `status ${status}`;
    if (asked.id !== undefined && (status === 200 || status === 304))
      return this.#complaintOfInstance(asked, status, headers, body);
    return undefined;
  }

  #complaintOfProblem(asked, status, headers, body) {
    if (!headers['content-type']?.startsWith('application/problem+json'))
      return `status ${status} without a problem`;
    if (status === 401 && headers['www-authenticate'] === undefined) return 'no WWW-Authenticate';
    if ([429, 503].includes(status) && !(Number(headers['retry-after']) >= 1))
      return `${status} without Retry-After`;
    if (asked.method === 'HEAD') return undefined;
    let problem;
    try {
      problem = JSON.parse(body);
    } catch {
      return 'a problem that is no JSON';
    }
    const { code } = problem;
    this.problems[code] = (this.problems[code] ?? 0) + 1;
    if (this.#known.get(code) !== status || problem.status !== status)
      return `status ${status} with the code ${code}`;
    if (problem.requestId !== asked.headers['x-request-id']) return 'a problem with another requestId';
    if (status > 500 && !UPSTREAM_FAILURES.includes(code)) return code;
    return undefined;
  }

  #complaintOfInstance({ id, method, headers: { 'if-none-match': condition } }, status, headers, body) {
    const { etag } = headers;
    const known = this.#etags.get(id) ?? etag;
    this.#etags.set(id, known);
    if (etag === undefined || etag !== known) return 'another ETag';
    if (status !== (condition === etag ? 304 : 200)) return `status ${status} to If-None-Match`;
    if (body.toString() !== (status === 304 || method === 'HEAD' ? '' : bodyOf(id))) return 'another body';
    return undefined;
  }

  #note(complaint, { method = 'GET', path, key }, { status, headers, body }) {
    const noted = this.wrong.get(complaint) ?? { count: 0, examples: [] };
    noted.count += 1;
    if (noted.examples.length < EXAMPLES)
      noted.examples.push(
        `${new Date().toISOString()} ${method} ${path} as ${key}: ${status} ${headers?.['cache-status'] ?? ''} ${body?.toString().slice(0, 400)}`,
      );
    this.wrong.set(complaint, noted);
  }
}

function tally() {
  return { all: 0, failed: 0 };
}
