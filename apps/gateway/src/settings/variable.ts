import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsNumber, IsOptional, Matches, Max, Min, ValidateBy } from 'class-validator';

/** An environment variable that holds a whole number. */
export function IntegerVariable(min: number, max: number): PropertyDecorator {
  return numeric(/^\d{1,15}$/, 'a whole number', min, max);
}

/** An environment variable that holds a number, perhaps with a fraction. */
export function NumberVariable(min: number, max: number): PropertyDecorator {
  return numeric(/^\d{1,9}(\.\d{1,9})?$/, 'a number', min, max);
}

/** Text of another form stays text, and so is no number. */
function numeric(pattern: RegExp, what: string, min: number, max: number): PropertyDecorator {
  const message = `must be ${what} from ${min} to ${max}`;
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && pattern.test(value) ? Number(value) : value,
    ),
    IsNumber({}, { message }),
    Min(min, { message }),
    Max(max, { message }),
  );
}

/** An environment variable that takes one of a few words. */
export function ChoiceVariable(choices: readonly string[]): PropertyDecorator {
  return applyDecorators(IsIn(choices, { message: `must be one of: ${choices.join(', ')}` }));
}

/** An environment variable that is `true` or `false`. */
export function BooleanVariable(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : value,
    ),
    IsBoolean({ message: 'must be true or false' }),
  );
}

const ENDPOINT = /^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;

/** An environment variable that holds the host of a server, and perhaps its port. */
export function EndpointVariable(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'endpoint',
      validator: {
        validate: (value) =>
          typeof value === 'string' &&
          ENDPOINT.test(value) &&
          // Knows what an IP address may look like, and how far ports go.
          URL.canParse(`http://${value}`) &&
          new URL(`http://${value}`).port !== '0',
      },
    },
    { message: 'must be host or host:port, without https:// and without a path' },
  );
}

/** An environment variable that may hold the URL of a Redis, with the number of its database as the path. */
export function RedisUrlVariable(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    ValidateBy(
      {
        name: 'redisUrl',
        validator: { validate: (value) => typeof value === 'string' && isRedisUrl(value) },
      },
      { message: 'must be a redis:// or rediss:// URL, such as redis://:password@host:6379/0' },
    ),
  );
}

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, pathname, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^rediss?:$/.test(protocol) && hostname !== '' && port !== '0' && /^\/?\d{0,4}$/.test(pathname);
}

/** An environment variable that holds text of a certain form. */
export function TextVariable(pattern: RegExp, form: string): PropertyDecorator {
  return applyDecorators(Matches(pattern, { message: `must be ${form}` }));
}

/** As `TextVariable`, but the variable may be missing. */
export function OptionalTextVariable(pattern: RegExp, form: string): PropertyDecorator {
  return applyDecorators(IsOptional(), TextVariable(pattern, form));
}
