/**
 * Reads an instance, a list and a missing instance, as each environment must be able to.
 *
 * @param package_ the exports of the client's package
 */
export async function useClient({ createGatewayClient, GatewayError }, options, id) {
  const gateway = createGatewayClient(options);
  const { instanceName } = await gateway.getInstance(id);
  const { instances } = await gateway.listInstances({ ids: [id] });
  const error = await gateway.getInstance('missing').catch((failure) => failure);
  return {
    instanceName,
    listed: instances.map(({ instanceId }) => instanceId),
    error: error instanceof GatewayError ? [error.code, error.status, error.isRetryable] : String(error),
  };
}
