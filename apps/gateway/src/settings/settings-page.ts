import { getMetadataStorage } from 'class-validator';
import ts from 'typescript';

import { VARIABLE_GROUPS } from './environment.js';

const INTRODUCTION = `# Settings

<!-- Written by \`npm run docs:settings\` from apps/gateway/src/settings/environment.ts; do not edit. -->

The gateway takes its settings from the environment. It also reads a \`.env\` file in its working directory, for variables that
the environment leaves out. An empty variable counts as missing. If a setting is wrong, the gateway does not start: one message
names every wrong setting and what it must be.

Some values are valid but probably not meant. For each, the gateway logs a line with \`"msg":"setting warning"\`, the name of
the \`setting\` and a \`hint\`, and starts all the same:

- A name that starts with \`UPSTREAM_\`, \`CACHE_\`, \`AUTH_\`, \`RATE_LIMIT_\`, \`REDIS_\`, \`OUTBOUNDBOT_\`, \`CORS_\` or \`MAX_\` and is no
  setting. The hint has the nearest name. The variables that Kubernetes sets for a Service, such as a Service named \`redis\`,
  give no warning.
- An address such as \`tcp://10.0.0.1:9464\`, which Kubernetes sets as \`METRICS_PORT\` for a Service named \`metrics\`. It counts as
  missing, except where any URI is a possible value: an issuer, an audience, or the name of a claim.
- A value of \`OTEL_SDK_DISABLED\`, \`OTEL_TRACES_SAMPLER\` or \`OTEL_TRACES_SAMPLER_ARG\` that the gateway does not know. The
  default holds, as OpenTelemetry asks for, since platforms set these variables for all programs.
- Settings that contradict each other, such as a time limit for one attempt that is longer than the deadline.

Names end in their unit: \`_MS\` is milliseconds, \`_S\` seconds, \`_BYTES\` bytes. A setting without a default may stay unset.
`;

/**
 * The documentation of the settings, in Markdown. Comments say what a setting means; defaults and rules are those that the
 * gateway applies.
 *
 * @param source the text of `environment.ts`
 * @throws Error if a setting has no comment
 */
export function settingsPage(source: string): string {
  const comments = commentsIn(source);
  const sections = Object.entries<new () => object>(VARIABLE_GROUPS).map(([heading, Group]) => {
    const introduction = comments.get(Group.name);
    const settings = Object.entries(new Group() as Record<string, Value>).map(([name, value]) => {
      const meaning = comments.get(`${Group.name}.${name}`);
      if (meaning === undefined) throw new Error(`${name} has no comment in environment.ts`);
      return settingEntry(name, value, meaning, ruleOf(Group, name));
    });
    return [`## ${heading}`, ...(introduction === undefined ? [] : [introduction]), settings.join('\n')];
  });
  return `${[INTRODUCTION.trimEnd(), ...sections.flat()].join('\n\n')}\n`;
}

type Value = string | number | boolean | readonly string[] | undefined;

/** A backslash at the end of a line is a line break in Markdown. */
function settingEntry(name: string, value: Value, meaning: string, rule: string): string {
  const text = Array.isArray(value) ? value.join(',') || 'none' : value?.toString();
  const title = `**\`${name}\`**${text === undefined ? '' : ` (default \`${text}\`)`}: ${rule}`;
  return `- ${[title, meaning].join('\\\n').replaceAll('\n', '\n  ')}`;
}

/** What a value must be: the message for a wrong one, which all decorators of a setting share. */
function ruleOf(Group: new () => object, name: string): string {
  const rules = getMetadataStorage()
    .getTargetValidationMetadatas(Group, '', false, false)
    .filter(({ propertyName, message }) => propertyName === name && typeof message === 'string');
  return String(rules[0]?.message).replace(/^must be /, '');
}

/** The comments of classes and of their properties, by `Class` and `Class.property`. */
function commentsIn(source: string): Map<string, string> {
  const comments = new Map<string, string>();
  const add = (name: string, node: ts.Node): void => {
    for (const comment of ts.getJSDocCommentsAndTags(node)) {
      const text = ts.getTextOfJSDocComment(comment.comment);
      if (text !== undefined) comments.set(name, text);
    }
  };
  for (const statement of ts.createSourceFile('', source, ts.ScriptTarget.Latest, true).statements) {
    if (!ts.isClassDeclaration(statement) || statement.name === undefined) continue;
    const className = statement.name.text;
    add(className, statement);
    for (const member of statement.members)
      if (member.name && ts.isIdentifier(member.name)) add(`${className}.${member.name.text}`, member);
  }
  return comments;
}
