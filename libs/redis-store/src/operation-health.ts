/** So many failures close together mean that an operation fails. */
const MAX_FAILURES = 3;

/** So many successes in a row mean that it works: with fewer between two failures, more than 5% fail. */
const MIN_SUCCESSES = 20;

/**
 * Whether an operation works, judged by its own results. Successes do not hide that a part fails: in a cluster, one node of
 * several may refuse what the others accept.
 */
export class OperationHealth {
  private failures = 0;
  private successesInRow = 0;

  /** True from the third failure with fewer than 20 successes in a row before it, until 20 in a row succeed. */
  get isFailing(): boolean {
    return this.failures >= MAX_FAILURES;
  }

  record(succeeded: boolean): void {
    if (succeeded) {
      this.successesInRow += 1;
      if (this.successesInRow >= MIN_SUCCESSES) this.failures = 0;
    } else {
      this.successesInRow = 0;
      this.failures += 1;
    }
  }
}
