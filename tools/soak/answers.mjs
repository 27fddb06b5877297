/** The codes and statuses that a failure of the upstream may have. */
const UPSTREAM_FAILURES = {
  'upstream-error': 502,
  'upstream-invalid-response': 502,
  'upstream-throttled': 503,
  'upstream-unavailable': 503,
  'upstream-timeout': 504,
};

/** How many examples of each kind of wrong answer are kept. */
const EXAMPLES = 3;

/** Checks answers, and counts them. */
export class Answers {
  /** The number of wrong answers of each kind, and some examples. */
  wrong = new Map();
  statuses = {};
  /**
   * Requests for existing instances and for the list, and how many of them failed because of faults of the upstream.
   * During an outage requests for tail instances do not count.
   */
  readings = { hot: { all: 0, failed: 0 }, tail: { all: 0, failed: 0 }, list: { all: 0, failed: 0 } };
  #etags = new Map();
  #faults;

  constructor(faults) {
    this.#faults = faults;
  }

  get wrongCount() {
    return [...this.wrong.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** The header of a conditional request, once the ETag of the answer with this name is known. */
  condition(name) {
    const etag = this.#etags.get(name);
    return etag === undefined ? {} : { 'if-none-match': etag };
  }

  check(request, answer) {
    const { status = 'none' } = answer;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    const defect = answer.error ? `no answer: ${answer.error.message}` : this.#defect(request, answer);
    if (defect !== undefined) this.#note(defect, request, answer);
    if (request.reads === undefined || ![200, 304, 502, 503, 504].includes(status)) return;
    const { kind } = request.reads;
    if (kind === 'tail' && this.#faults.isOutage) return;
    const readings = this.readings[kind];
    readings.all += 1;
    if (status >= 500) readings.failed += 1;
  }

  /** What is wrong with an answer; undefined if it is right. */
  #defect(request, answer) {
    const { status, headers } = answer;
    if (headers['x-request-id'] !== request.headers['x-request-id']) return 'another X-Request-Id';
    const isUpstreamFailure = request.upstream && Object.values(UPSTREAM_FAILURES).includes(status);
    if (!request.statuses.includes(status) && !isUpstreamFailure) return `status ${status}`;
    if (status >= 400) return this.#defectOfProblem(request, answer);
    if (request.reads !== undefined) return this.#defectOfValue(request, answer);
    return undefined;
  }

  #defectOfProblem(request, { status, headers, body }) {
    if (!headers['content-type']?.startsWith('application/problem+json'))
      return `${status} without a problem`;
    if (request.method === 'HEAD') return undefined;
    const problem = JSON.parse(body);
    if (problem.status !== status) return `${status} with the status ${problem.status} in its body`;
    if (problem.requestId !== request.headers['x-request-id']) return 'a problem with another requestId';
    const isRight = UPSTREAM_FAILURES[problem.code] === status || request.codes?.includes(problem.code);
    if (status >= 500 && !isRight) return `${status} ${problem.code}`;
    return undefined;
  }

  #defectOfValue({ reads, method, headers: { 'if-none-match': condition } }, { status, headers, body }) {
    const { etag } = headers;
    const known = this.#etags.get(reads.name) ?? etag;
    this.#etags.set(reads.name, known);
    if (etag === undefined || etag !== known) return 'another ETag';
    if (status !== (condition === etag ? 304 : 200)) return `status ${status} to If-None-Match`;
    if (body.toString() !== (status === 304 || method === 'HEAD' ? '' : reads.body)) return 'another body';
    return undefined;
  }

  #note(defect, { method = 'GET', path, key }, { status, headers, body }) {
    const noted = this.wrong.get(defect) ?? { count: 0, examples: [] };
    noted.count += 1;
    if (noted.examples.length < EXAMPLES)
      noted.examples.push(
        `${new Date().toISOString()} ${method} ${path} as ${key}: ${status} ${headers?.['cache-status'] ?? ''} ${body?.toString().slice(0, 400)}`,
      );
    this.wrong.set(defect, noted);
  }
}
