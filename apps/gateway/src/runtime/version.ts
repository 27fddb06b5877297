/** The version of this release, as in `package.json`, which the bundle does not contain. */
export const VERSION = '0.1.0';
