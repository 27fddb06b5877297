export { readRegularFile, readRegularFileSync, type RegularFile } from './read-regular-file.js';
