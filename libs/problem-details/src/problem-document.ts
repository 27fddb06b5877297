import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

import type { ProblemCode } from './catalogue.js';
import type { Language } from './languages.js';
import type { Problem } from './problem.js';
import { OPEN_PROBLEM_CODE, PROBLEM_STATUS } from './problem-code-schema.js';
import { TEXTS } from './texts/texts.js';

/** The client of the service lets no other text pass. */
const UPSTREAM_ID = {
  type: String,
  nullable: true,
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9._-]+$',
} as const;

@ApiSchema({ name: 'UpstreamReport', description: 'The result of the calls to the OutboundBot service' })
export class UpstreamReportDto {
  @ApiProperty({
    ...UPSTREAM_ID,
    description: "The OutboundBot service's own error code; null if the service sent none",
    example: 'InternalError',
  })
  code!: string | null;

  @ApiProperty({
    ...UPSTREAM_ID,
    description:
      "The OutboundBot service's request id, which a support ticket needs; null if the service sent none",
    example: '254EB995-DEDF-48A4-9101-9CA5B72FFBCC',
  })
  requestId!: string | null;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    minimum: 1,
    description: 'How many calls the gateway made to the OutboundBot service',
    example: 3,
  })
  attempts!: number;
}

/** RFC 9457 problem details, with `code`, `requestId` and `upstream` as extension members. */
@ApiSchema({ name: 'Problem', description: 'An error: problem details for HTTP APIs (RFC 9457)' })
@ApiExtraModels(UpstreamReportDto)
export class ProblemDocument {
  @ApiProperty({
    type: String,
    format: 'uri-reference',
    description: 'The page that explains this kind of error',
    example: '/problems/upstream-error',
  })
  type!: string;

  @ApiProperty({
    type: String,
    description: 'A short summary, the same for every occurrence, in the language of the caller',
    example: 'The OutboundBot service failed',
  })
  title!: string;

  @ApiProperty({
    ...PROBLEM_STATUS,
    example: 502,
  })
  status!: number;

  @ApiProperty({
    type: String,
    description: 'Why this request failed, in the language of the caller',
    example: 'The OutboundBot service answered the last attempt with an error.',
  })
  detail!: string;

  @ApiProperty({
    type: String,
    format: 'uri-reference',
    description: 'The path of the request that failed',
    example: '/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  })
  instance!: string;

  @ApiProperty({
    ...OPEN_PROBLEM_CODE,
    description: 'The kind of error. New codes may come: decide by `status` if you do not know the code',
    example: 'upstream-error',
  })
  code!: ProblemCode;

  @ApiProperty({
    type: String,
    minLength: 1,
    maxLength: 128,
    pattern: '^[A-Za-z0-9._-]+$',
    description: 'The id of this request, as in the X-Request-Id header',
    example: '0f9a8f3e-5a0c-4a53-9d8b-1f5f0c4d2f6a',
  })
  requestId!: string;

  @ApiPropertyOptional({
    type: UpstreamReportDto,
    description: 'The result of the calls to the OutboundBot service. Missing if no call was made',
  })
  upstream?: UpstreamReportDto;
}

/**
 * The `type` member of errors of this kind.
 *
 * @param publicUrl where callers find the gateway, with a slash at the end
 */
export function problemTypeUri(code: ProblemCode, publicUrl = '/'): string {
  return `${publicUrl}problems/${code}`;
}

/** The request that failed. */
interface FailedRequest {
  /** Without the query. */
  readonly path: string;
  readonly id: string;
  readonly language: Language;
}

/**
 * Makes the document that the caller receives.
 *
 * @param publicUrl as for {@link problemTypeUri}
 */
export function toProblemDocument(
  problem: Problem,
  { path, id, language }: FailedRequest,
  publicUrl?: string,
): ProblemDocument {
  const { upstream } = problem.options;
  return {
    type: problemTypeUri(problem.code, publicUrl),
    title: TEXTS[language].problems[problem.code].title,
    status: problem.type.status,
    detail: problem.detailIn(language),
    instance: path,
    code: problem.code,
    requestId: id,
    ...(upstream ? { upstream } : {}),
  };
}
