import { describe, expect, it } from 'vitest';

import { WrongShapeError } from '../decode.js';
import { describeInstance } from './describe-instance.js';

const decode = (asked: string, answered: string): string =>
  describeInstance.decode({ Instance: { InstanceId: answered } }, { instanceId: asked }).InstanceId;

describe('describeInstance', () => {
  it('asks DescribeInstance for the instance id', () => {
    expect(describeInstance.name).toBe('DescribeInstance');
    expect(describeInstance.parameters({ instanceId: 'a' })).toStrictEqual({ InstanceId: 'a' });
  });

  it('rejects an answer without an instance', () => {
    expect(() => describeInstance.decode({}, { instanceId: 'a' })).toThrow(
      new WrongShapeError('Instance is missing'),
    );
  });

  it('accepts the same id in letters of another case', () => {
    expect(decode('Bot-1', 'bOT-1')).toBe('bOT-1');
  });

  it('accepts an id with characters outside ASCII only if it is exactly the same', () => {
    expect(decode('é', 'é')).toBe('é');
    expect(() => decode('é', 'É')).toThrow(WrongShapeError);
  });

  it('names both ids if the answer is about another instance', () => {
    expect(() => decode('bot-1', 'bot-22')).toThrow(
      new WrongShapeError('it is about bot-22, not about bot-1'),
    );
  });
});
