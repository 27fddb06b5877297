import { PROBLEM_CODES } from './catalogue.js';

const NAME = 'ProblemCode';

/** The codes of today, as a schema of the OpenAPI document. Generators make a union or an enum of it. */
export const PROBLEM_CODE_SCHEMA = {
  [NAME]: {
    type: 'string',
    enum: [...PROBLEM_CODES],
    description: 'The error codes of today. New ones may come',
  },
};

/** The schema of the HTTP status of an error. */
export const PROBLEM_STATUS = {
  type: 'integer',
  format: 'int32',
  minimum: 400,
  maximum: 599,
  description: 'The HTTP status',
} as const;

/** The schema of a code in an answer: one of today, or a new one. So the generated code does not reject a new code. */
export const OPEN_PROBLEM_CODE = {
  anyOf: [{ $ref: `#/components/schemas/${NAME}` }, { type: 'string', pattern: '^[a-z]+(-[a-z]+)*$' }],
};
