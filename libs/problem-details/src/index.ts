export { isProblemCode, PROBLEM_CODES, type ProblemCode, PROBLEMS, type ProblemType } from './catalogue.js';
export { ProblemFilter, requestPath, sendProblem } from './problem.filter.js';
export { Problem, type ProblemOptions, type UpstreamReport } from './problem.js';
export { ProblemDocument, toProblemDocument } from './problem-document.js';
