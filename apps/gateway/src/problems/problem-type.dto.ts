import {
  OPEN_PROBLEM_CODE,
  PROBLEM_STATUS,
  type ProblemCode,
  RETRY_ADVICE,
  type RetryAdvice,
} from '@app/problem-details';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'ProblemType', description: 'One kind of error' })
export class ProblemTypeDto {
  @ApiProperty({
    type: String,
    format: 'uri-reference',
    description: 'The `type` member of errors of this kind',
    example: '/problems/instance-not-found',
  })
  type!: string;

  @ApiProperty({
    ...OPEN_PROBLEM_CODE,
    description: 'The `code` member of errors of this kind',
    example: 'instance-not-found',
  })
  code!: ProblemCode;

  @ApiProperty({
    ...PROBLEM_STATUS,
    example: 404,
  })
  status!: number;

  @ApiProperty({
    enum: RETRY_ADVICE,
    description:
      '`after-change`: the same request would fail again. `after-repair`: the operators of the gateway have to act first. ' +
      '`after-delay`: send it again after the seconds in `Retry-After`. `later`: send it again later',
    example: 'after-change',
  })
  retry!: RetryAdvice;

  @ApiProperty({ type: String, description: 'A short summary', example: 'There is no such instance' })
  title!: string;

  @ApiProperty({
    type: String,
    description: 'What the error means',
    example: 'The OutboundBot service says that no instance has this id.',
  })
  meaning!: string;

  @ApiProperty({ type: String, description: 'What the caller can do', example: 'Check the id.' })
  whatToDo!: string;
}
