export {
  READ_WITHOUT_WAITING,
  readRegularFile,
  readRegularFileSync,
  type RegularFile,
} from './read-regular-file.js';
