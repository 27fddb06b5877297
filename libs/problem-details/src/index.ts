export {
  isProblemCode,
  PROBLEM_CODES,
  type ProblemCode,
  PROBLEMS,
  type ProblemType,
  RETRY_ADVICE,
  type RetryAdvice,
} from './catalogue.js';
export { type Language, languageFor, languageOfTag, LANGUAGES } from './languages.js';
export { ProblemFilter, requestPath, sendProblem } from './problem.filter.js';
export { type Detail, Problem, type ProblemOptions, type UpstreamReport } from './problem.js';
export { OPEN_PROBLEM_CODE, PROBLEM_CODE_SCHEMA, PROBLEM_STATUS } from './problem-code-schema.js';
export { ProblemDocument, problemTypeUri, toProblemDocument } from './problem-document.js';
export { TEXTS } from './texts/texts.js';
export { varyOn } from './vary.js';
