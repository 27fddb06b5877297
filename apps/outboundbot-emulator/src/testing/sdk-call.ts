/** How the official SDK is told about a call of `DescribeInstance`: the members of its `Params`. */
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
