/**
 * The vendor's packages. They are CommonJS: for an ES module their default export is the whole module object, and the class
 * is its member `default`.
 *
 * `@alicloud/credentials` requires `debug` without declaring it, so the gateway's package.json declares it.
 */
import * as credentials from '@alicloud/credentials';
import * as openApi from '@alicloud/openapi-client';
import * as openApiUtil from '@alicloud/openapi-util';
import * as teaUtil from '@alicloud/tea-util';

export const SdkClient = openApi.default.default;
export const { Config, OpenApiRequest, Params } = openApi;
export const OpenApiUtil = openApiUtil.default.default;
export const { RuntimeOptions } = teaUtil;
export const {
  CLIProfileCredentialsProvider,
  DefaultCredentialsProvider,
  ECSRAMRoleCredentialsProvider,
  EnvironmentVariableCredentialsProvider,
  OIDCRoleArnCredentialsProvider,
  ProfileCredentialsProvider,
  StaticAKCredentialsProvider,
  StaticSTSCredentialsProvider,
  URICredentialsProvider,
} = credentials;

export type { CredentialsProvider } from '@alicloud/credentials';
