/** As many retries in a row as the standard mode of the AWS SDKs allows: 500 tokens, 5 for each retry. */
const BURST = 100;

/**
 * Bounds the retries of all requests together (a token bucket). Each request adds a fraction of a token, each retry takes
 * one, and a retry that helped gives it back. So occasional failures are always retried, while in an outage, when no retry
 * helps, the upstream gets at most `1 + ratio` calls per request once the burst is used up.
 *
 * Modelled on Finagle's retry budgets, the SRE book's chapter on overload, and the AWS SDKs' standard mode.
 */
export class RetryBudget {
  private tokens = BURST;
  private readonly counts = { spent: 0, denied: 0 };

  /** @param ratio the tokens that one request adds, for example 0.1 */
  constructor(private readonly ratio: number) {}

  /** How many retries the budget has allowed so far, and how many it has refused. */
  get figures(): { readonly spent: number; readonly denied: number } {
    return this.counts;
  }

  /** Adds the tokens of a new request. */
  deposit(): void {
    this.add(this.ratio);
  }

  /** Takes a token for a retry; false if there is none. */
  withdraw(): boolean {
    if (this.tokens < 1) {
      this.counts.denied += 1;
      return false;
    }
    this.counts.spent += 1;
    this.tokens -= 1;
    return true;
  }

  /** Gives a token back, because a retry has helped or was not made. */
  refund(): void {
    this.add(1);
  }

  private add(tokens: number): void {
    this.tokens = Math.min(BURST, this.tokens + tokens);
  }
}
