/**
 * The vendor's packages, with their CommonJS default exports unwrapped: imported from an ES module, the default
 * export is the whole module object, and the class is its `default` member.
 *
 * `@alicloud/credentials` requires `debug` without declaring it. Our package.json does, although nothing of ours uses it:
 * otherwise an installation without development dependencies would not start.
 */
import * as credentials from '@alicloud/credentials';
import * as openApi from '@alicloud/openapi-client';
import * as openApiUtil from '@alicloud/openapi-util';
import * as teaUtil from '@alicloud/tea-util';

export const SdkClient = openApi.default.default;
export const { Config, OpenApiRequest, Params } = openApi;
export const OpenApiUtil = openApiUtil.default.default;
export const { RuntimeOptions } = teaUtil;
export const { DefaultCredentialsProvider, StaticAKCredentialsProvider, StaticSTSCredentialsProvider } =
  credentials;

export type { CredentialsProvider } from '@alicloud/credentials';
