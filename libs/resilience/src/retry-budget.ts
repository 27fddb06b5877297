/** As many retries as AWS's SDKs allow in a row in their standard mode: 500 tokens at 5 a retry. */
const BURST = 100;

/**
 * How many retries all requests together may make. Each request earns a fraction of one, each retry costs one, and one
 * that helped is paid back. So occasional failures are always retried, while in an outage, when no retry helps, the
 * upstream gets at most `1 + ratio` calls a request once the burst is spent.
 *
 * After the token buckets of Finagle's retry budgets, the SRE book's chapter on overload, and AWS's standard mode.
 */
export class RetryBudget {
  private tokens = BURST;
  private readonly counted = { spent: 0, denied: 0 };

  /** @param ratio what a request earns, for example 0.1 */
  constructor(private readonly ratio: number) {}

  /** How many retries it has paid for so far, and how many it has refused. */
  get figures(): { readonly spent: number; readonly denied: number } {
    return this.counted;
  }

  /** A request begins. */
  deposit(): void {
    this.add(this.ratio);
  }

  /** Takes what a retry costs; false if there is not enough. */
  withdraw(): boolean {
    if (this.tokens < 1) {
      this.counted.denied += 1;
      return false;
    }
    this.counted.spent += 1;
    this.tokens -= 1;
    return true;
  }

  /** A retry has helped. */
  refund(): void {
    this.add(1);
  }

  private add(tokens: number): void {
    this.tokens = Math.min(BURST, this.tokens + tokens);
  }
}
