import { integerDigits, requiredText, safeInteger, text } from '../decode.js';

/**
 * The nine documented fields of an instance. All others are dropped: an older official SDK reads access keys
 * (`NluProfile`) from the same answer.
 *
 * `CreatorId` becomes a decimal string with every digit; `CreationTime` is Unix time in milliseconds. A field that the
 * upstream leaves out or sends as null becomes null.
 */
export const INSTANCE_FIELDS = {
  InstanceId: requiredText,
  InstanceName: text,
  InstanceDescription: text,
  MaxConcurrentConversation: safeInteger,
  OwnerName: text,
  CreatorId: integerDigits,
  CreatorName: text,
  CreationTime: safeInteger,
  ResourceGroupId: text,
};
