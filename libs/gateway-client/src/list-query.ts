/** The order of a list. `-` means descending. */
export type InstanceSort = 'instanceName' | '-instanceName' | 'creationTime' | '-creationTime';

/** Which instances to list. All filters must hold. */
export interface InstanceFilter {
  /** Text that the name, the description or the id contains, in upper or lower case: 1 to 100 characters. */
  readonly q?: string | undefined;
  /** Only the instances of this resource group. */
  readonly resourceGroupId?: string | undefined;
  /** Tags that an instance must have, each as `key` or `key:value`: at most 20. */
  readonly tags?: readonly string[] | undefined;
  /** Only these instances: 1 to 100 ids. The gateway leaves out those that do not exist or that you may not read. */
  readonly ids?: readonly string[] | undefined;
  /** Default: the order of the OutboundBot service. */
  readonly sort?: InstanceSort | undefined;
  /** How many instances a page has: 1 to 100. */
  readonly pageSize?: number | undefined;
}

export interface ListQuery extends InstanceFilter {
  /** The number of the page, from 1. Default: 1. A page after the last one is empty. */
  readonly page?: number | undefined;
}
