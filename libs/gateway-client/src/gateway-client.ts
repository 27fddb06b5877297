import type { Instance } from './instance.js';
import type { InstancePage } from './instance-page.js';
import type { ListQuery } from './list-query.js';
import type { ReadOptions } from './read-options.js';

/** Every method throws a GatewayError, the signal's reason, or the error of your credential function. */
export interface GatewayClient {
  /** Reads one instance. */
  getInstance(id: string, options?: ReadOptions): Promise<Instance>;

  /** Reads one page of the instances that you may read. Default: the first page, with 20 instances. */
  listInstances(query?: ListQuery, options?: ReadOptions): Promise<InstancePage>;
}
