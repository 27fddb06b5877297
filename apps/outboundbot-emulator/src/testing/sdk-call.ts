/** The members of the official SDK's `Params` for a call of `DescribeInstance`. */
export const describeInstanceCall = {
  action: 'DescribeInstance',
  version: '2019-12-26',
  protocol: 'HTTP',
  pathname: '/',
  method: 'POST',
  authType: 'AK',
  style: 'RPC',
  reqBodyType: 'formData',
};

/** The same for a call of `ListInstances`. */
export const listInstancesCall = { ...describeInstanceCall, action: 'ListInstances' };
