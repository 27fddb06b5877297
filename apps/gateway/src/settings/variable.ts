import { parseRedisUrl, REDIS_URL_FORM } from '@app/redis-store';
import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsNumber, IsOptional, Matches, Max, Min, ValidateBy } from 'class-validator';
import ipaddr from 'ipaddr.js';

import { isLoopback } from './loopback.js';

/** An environment variable that holds a whole number. */
export function IntegerVariable(min: number, max: number): PropertyDecorator {
  return numeric(/^\d{1,15}$/, 'a whole number', min, max);
}

/** An environment variable that holds a number, perhaps with a fraction. */
export function NumberVariable(min: number, max: number): PropertyDecorator {
  return numeric(/^\d{1,9}(\.\d{1,9})?$/, 'a number', min, max);
}

/** Text that does not fit the pattern stays text, and then fails the check for a number. */
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

/** An environment variable that holds one of a few words. */
export function ChoiceVariable(choices: readonly string[]): PropertyDecorator {
  return applyDecorators(IsIn(choices, { message: `must be one of: ${choices.join(', ')}` }));
}

/** An environment variable that is `true` or `false`. */
export function BooleanVariable(): PropertyDecorator {
  return boolean((text) => text);
}

/** As `BooleanVariable`, in letters of either case, as OpenTelemetry's specification asks. */
export function AnyCaseBooleanVariable(): PropertyDecorator {
  return boolean((text) => text.toLowerCase());
}

function boolean(normalize: (text: string) => string): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      const text = typeof value === 'string' ? normalize(value) : value;
      return text === 'true' ? true : text === 'false' ? false : value;
    }),
    IsBoolean({ message: 'must be true or false' }),
  );
}

const ENDPOINT = /^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;

/** An environment variable that holds a host, with or without a port. */
export function EndpointVariable(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'endpoint',
      validator: {
        validate: (value) =>
          typeof value === 'string' &&
          ENDPOINT.test(value) &&
          // URL knows the forms of IP addresses and the range of ports.
          URL.canParse(`http://${value}`) &&
          new URL(`http://${value}`).port !== '0',
      },
    },
    { message: 'must be host or host:port, without https:// and without a path' },
  );
}

/** An environment variable that may hold the URL of a Redis. */
export function RedisUrlVariable(): PropertyDecorator {
  return optional('redisUrl', isRedisUrl, `must be ${REDIS_URL_FORM}`);
}

function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parseRedisUrl(value);
    return true;
  } catch {
    return false;
  }
}

/** An environment variable that may hold a URL from which answers must be authentic: https, or this machine. */
export function TrustworthyUrlVariable(): PropertyDecorator {
  return optional(
    'trustworthyUrl',
    (value) => typeof value === 'string' && isTrustworthyUrl(value),
    'must be an https:// URL without user and password (http:// is for this machine only)',
  );
}

export function isTrustworthyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** An environment variable that may hold the URL of an HTTP server. */
export function HttpUrlVariable(): PropertyDecorator {
  return optional(
    'httpUrl',
    (value) => typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'must be an http:// or https:// URL',
  );
}

/**
 * An environment variable that may hold the URL under which others find this process. It becomes a URL to which relative ones
 * can be appended: with a slash at its end.
 */
export function PublicUrlVariable(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      isPublicUrl(value) ? `${new URL(value).href.replace(/\/+$/, '')}/` : value,
    ),
    optional(
      'publicUrl',
      isPublicUrl,
      'must be an http:// or https:// URL without user, password, query and fragment, such as https://api.example.com/bot',
    ),
  );
}

function isPublicUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !/^https?:\/\/[^/?#\\\s][^?#\\\s]*$/i.test(value) || !URL.canParse(value))
    return false;
  const { username, password, port } = new URL(value);
  return username === '' && password === '' && port !== '0';
}

/** An environment variable that may hold the URL of a proxy. Without a scheme it is `http://`, as for curl. */
export function ProxyVariable(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && !value.includes('://') ? `http://${value}` : value,
    ),
    optional(
      'proxy',
      (value) => typeof value === 'string' && isProxyUrl(value),
      'must be an http:// or https:// URL without a path, such as http://user:password@proxy.example.com:3128',
    ),
  );
}

function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^https?:$/.test(protocol) && hostname !== '' && port !== '0' && pathname + search + hash === '/';
}

/** An environment variable that may hold some of a few words, with commas between, or `none` of them. */
export function ChoicesVariable(choices: readonly string[]): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => listOf(value)),
    optional(
      'choices',
      (value) => isListOf(value, (item) => choices.includes(item)) && new Set(value).size === value.length,
      `must be none, or some of ${choices.join(', ')} with commas between`,
    ),
  );
}

/** An environment variable that holds origins (RFC 6454, section 6.2) with commas between, or `none`. */
export function OriginsVariable(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => listOf(value)),
    optional(
      'origins',
      (value) => isListOf(value, isOrigin),
      'must be none, or origins such as https://app.example.com with commas between, without a path',
    ),
  );
}

/** In the form that browsers send. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** The name of a header field (RFC 9110, section 5.1). In a CORS header, `*` alone would mean any name. */
const HEADER_NAME = /^(?!\*$)[\w!#$%&'*+.^`|~-]{1,128}$/;

/** An environment variable that holds names of request headers with commas between, or `none`. */
export function HeaderNamesVariable(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => listOf(value)),
    optional(
      'headerNames',
      (value) => isListOf(value, (item) => HEADER_NAME.test(item)),
      'must be none, or names of request headers with commas between, without *',
    ),
  );
}

/** A media type (RFC 6838, section 4.2), perhaps without `application/` before it (RFC 7515, section 4.1.9). */
const TOKEN_TYPE = /^(?:[a-z0-9][\w!#$&^.+-]{0,126}\/)?[a-z0-9][\w!#$&^.+-]{0,126}$/i;

/** An environment variable that holds types of tokens with commas between; `*` is any type or none. */
export function TokenTypesVariable(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (value === 'none' ? value : listOf(value))),
    optional(
      'tokenTypes',
      (value) => isListOf(value, (item) => item === '*' || TOKEN_TYPE.test(item)),
      'must be types such as at+jwt or JWT with commas between, or *',
    ),
  );
}

const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * An environment variable that says which proxies' `X-Forwarded-For` to believe: none (`false`), that of every direct peer
 * (`true`), or that of the listed addresses.
 */
export function TrustProxyVariable(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : listOf(value),
    ),
    optional(
      'trustProxy',
      (value) => typeof value === 'boolean' || (isListOf(value, isRange) && value.length > 0),
      `must be true, false, or addresses, ranges such as 10.0.0.0/8, ${NAMED_RANGES.join(', ')} with commas between`,
    ),
  );
}

function isRange(text: string): boolean {
  return NAMED_RANGES.includes(text) || (text.includes('/') ? ipaddr.isValidCIDR(text) : isAddress(text));
}

/** Stricter than the library, which also accepts "1" as an address. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

function listOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value === 'none' ? [] : value.split(',').map((item) => item.trim());
}

function isListOf(value: unknown, isItem: (text: string) => boolean): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && isItem(item));
}

function optional(name: string, validate: (value: unknown) => boolean, message: string): PropertyDecorator {
  return applyDecorators(IsOptional(), ValidateBy({ name, validator: { validate } }, { message }));
}

/** An environment variable that holds text of a certain form. */
export function TextVariable(pattern: RegExp, form: string): PropertyDecorator {
  return applyDecorators(Matches(pattern, { message: `must be ${form}` }));
}

/** As `IntegerVariable`, but the variable may be missing. */
export function OptionalIntegerVariable(min: number, max: number): PropertyDecorator {
  return applyDecorators(IsOptional(), IntegerVariable(min, max));
}

/** As `TextVariable`, but the variable may be missing. */
export function OptionalTextVariable(pattern: RegExp, form: string): PropertyDecorator {
  return applyDecorators(IsOptional(), TextVariable(pattern, form));
}
