import { type Detail, Problem, TEXTS } from '@app/problem-details';
import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationOptions } from 'class-validator';

/** How many unknown parameters an error names at most. A request can have thousands, and the answer must stay short. */
const MAX_UNKNOWN = 10;

/**
 * Checks and converts the query parameters of a route by the decorators of their class. An unknown parameter is an
 * error: otherwise a filter with a typing error would be ignored, and the answer would show everything.
 *
 * Nest's ValidationPipe is not used, because it overlooks parameters that are named like members of every object
 * (`toString`).
 *
 * @throws {Problem} `invalid-request` with every fault in its detail
 */
export class QueryPipe implements PipeTransform {
  transform(query: Readonly<Record<string, unknown>>, { metatype }: ArgumentMetadata): object {
    const type = metatype as Type<object>;
    const known = parametersOf(type);
    const unknown = Object.keys(query).filter((name) => !known.has(name));
    const parameters = plainToInstance(type, { ...query });
    const errors = validateSync(parameters, { stopAtFirstError: true });
    if (errors.length === 0 && unknown.length === 0) return parameters;
    const faults: Detail[] = [
      ...errors
        .flatMap(({ contexts = {} }) => Object.values(contexts as Record<string, Context>))
        .map(({ says }) => says),
      ...unknown.slice(0, MAX_UNKNOWN).map(unknownParameter),
    ];
    throw new Problem('invalid-request', {
      detail: (texts) => texts.sentences(faults.map((fault) => fault(texts))),
    });
  }
}

/** What a broken rule of a parameter says to the caller. */
interface Context {
  readonly says: Detail;
}

/** The options of a rule of class-validator that has a text in every language. */
export function says(detail: Detail): ValidationOptions {
  return { message: detail(TEXTS.en.details), context: { says: detail } satisfies Context };
}

function parametersOf(type: Type<object>): ReadonlySet<string> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return new Set(rules.map(({ propertyName }) => propertyName));
}

/** Repeats the name only if it is short and has no unusual characters: a caller may send any name. */
function unknownParameter(name: string): Detail {
  const isQuotable = /^[\w.-]{1,40}$/.test(name);
  return (texts) => texts.unknownParameter(isQuotable ? name : texts.unusualName);
}
