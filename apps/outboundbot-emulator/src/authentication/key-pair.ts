/** The one key pair that is accepted. With a security token it is a temporary (STS) one. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** The key pair when no other was set. It is valid for the emulator only. */
export const defaultKeyPair = {
  accessKeyId: 'emulator-key-id',
  accessKeySecret: 'emulator-key-secret',
} as const satisfies KeyPair;
