import { INSTANCE_FIELDS } from './actions/instance-fields.js';
import { LISTED_FIELDS } from './actions/list-instances.js';
import { type Decoder, flag, integerDigits, requiredText, safeInteger, text } from './decode.js';
import type { ShapeType } from './shape.js';

/** A documented field of an instance. */
export interface ExpectedField {
  readonly name: string;
  readonly type: ShapeType;
  /** Without it the gateway cannot use the answer. */
  readonly isRequired: boolean;
}

/** The type that the vendor documents for what a decoder reads. Every other decoder reads a list. */
const DOCUMENTED_TYPES = new Map<Decoder<unknown>, ShapeType>([
  [text, 'string'],
  [requiredText, 'string'],
  [safeInteger, 'integer'],
  [integerDigits, 'integer'],
  [flag, 'boolean'],
]);

/** The documented fields of an instance in the answers of each action, for diagnosis. */
export const EXPECTED_FIELDS: Readonly<Record<string, readonly ExpectedField[]>> = {
  DescribeInstance: fieldsOf(INSTANCE_FIELDS),
  ListInstances: fieldsOf(LISTED_FIELDS),
};

function fieldsOf(decoders: Readonly<Record<string, Decoder<unknown>>>): ExpectedField[] {
  return Object.entries(decoders).map(([name, decode]) => ({
    name,
    type: DOCUMENTED_TYPES.get(decode) ?? 'list',
    isRequired: decode === requiredText,
  }));
}
