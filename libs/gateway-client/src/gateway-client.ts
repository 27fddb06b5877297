import type { Instance } from './instance.js';
import type { InstancePage, ListedInstance } from './instance-page.js';
import type { InstanceFilter, ListQuery } from './list-query.js';
import type { ReadOptions } from './read-options.js';
import type { WithFacts } from './response-facts.js';

/** Every method throws a GatewayError, the signal's reason, or the error of your credential function. */
export interface GatewayClient {
  /** Reads one instance. */
  getInstance(id: string, options?: ReadOptions): Promise<Instance>;

  /** Reads one instance, and returns what the headers of the answer say too. */
  getInstanceWithFacts(id: string, options?: ReadOptions): Promise<WithFacts<Instance>>;

  /** Reads one page of the instances that you may read. Default: the first page, with 20 instances. */
  listInstances(query?: ListQuery, options?: ReadOptions): Promise<InstancePage>;

  /** Reads one page of the instances, and returns what the headers of the answer say too. */
  listInstancesWithFacts(query?: ListQuery, options?: ReadOptions): Promise<WithFacts<InstancePage>>;

  /**
   * Iterates over the instances of all pages. The next page is read when the loop needs it, so the loop may end early. Default
   * for `pageSize`: 100. If the list changes meanwhile, an instance may be missing or come twice. `fresh` is for the first page;
   * the gateway makes the other pages from the same list.
   *
   * @example
   * for await (const { instanceName } of gateway.iterateInstances({ tags: ['env:prod'] })) console.log(instanceName);
   */
  iterateInstances(
    filter?: InstanceFilter,
    options?: ReadOptions,
  ): AsyncGenerator<ListedInstance, void, undefined>;
}
