import { describe, expect, it } from 'vitest';

import { failureReason } from './failure-reason.js';

const withCode = (code: string): Error => Object.assign(new Error('failed'), { code });

describe('failureReason', () => {
  it.each([
    ["READONLY You can't write against a read only replica.", 'READONLY'],
    ["NOPERM this user has no permissions to run the 'set' command", 'NOPERM'],
    [
      "ERR The user executing the script can't run this command or subcommand script: a8e0, on @user_script:1.",
      'NOPERM',
    ],
    [
      "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
      'NOPERM',
    ],
    ["OOM command not allowed when used memory > 'maxmemory'. script: 7d4b, on @user_script:7.", 'OOM'],
    ['ERR Error running script (call to f_7d4b): @user_script:7: -OOM command not allowed', 'OOM'],
    ['MISCONF Redis is configured to save RDB snapshots', 'MISCONF'],
    ['MOVED 3999 127.0.0.1:6381', 'MOVED'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
    ['ERR invalid password', 'WRONGPASS'],
    ['NOAUTH Authentication required.', 'NOAUTH'],
    ['LOADING Redis is loading the dataset in memory', 'LOADING'],
    ['All sentinels are unreachable. Last error: connect ECONNREFUSED 127.0.0.1:26379', 'refused'],
    ['All sentinels are unreachable. Last error: ERR No such master with that name', 'master-name'],
    ["All sentinels are unreachable. Last error: ERR unknown command 'sentinel', with args", 'no-sentinel'],
    ['ERR unknown command `sentinel`, with args', 'no-sentinel'],
    ["ERR unknown command 'eval', with args beginning with: 'x'", 'no-command'],
    ['ERR This instance has cluster support disabled', 'no-cluster'],
    ['Command timed out', 'timeout'],
    ['Connection is closed.', undefined],
    ['Too many Cluster redirections. Last error: Error: Connection is closed.', undefined],
    ["Stream isn't writeable and enableOfflineQueue options is false", undefined],
    ['Something else', 'unknown'],
  ])('of the reply "%s" is %s', (message, reason) => {
    expect(failureReason(new Error(message))).toBe(reason);
  });

  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'closed'],
    ['ETIMEDOUT', 'timeout'],
    ['ENOTFOUND', 'DNS'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS'],
  ])('of an error with the code %s is %s', (code, reason) => {
    expect(failureReason(withCode(code))).toBe(reason);
  });

  it('of a cluster is the reason of the last node that was asked', () => {
    const error = Object.assign(new Error('Failed to refresh slots cache.'), {
      lastNodeError: new Error('NOAUTH Authentication required.'),
    });
    expect(failureReason(error)).toBe('NOAUTH');
  });
});
