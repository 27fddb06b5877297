/** The only key pair that the emulator accepts. A key pair with a security token is temporary (STS). */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** The default key pair. Only the emulator accepts it. */
export const defaultKeyPair = {
  accessKeyId: 'emulator-key-id',
  accessKeySecret: 'emulator-key-secret',
} as const satisfies KeyPair;
