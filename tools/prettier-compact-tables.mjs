// A plugin for Prettier: it does not pad the tables of Markdown. Prettier can do so itself, but only with `proseWrap: never`,
// which also puts each paragraph on one line, and only for a table that is too wide.
import { printers as builtIn } from 'prettier/plugins/markdown';

const { mdast } = builtIn;

// Prettier takes the printer from the plugin that has the parser.
export { parsers } from 'prettier/plugins/markdown';

export const printers = {
  mdast: {
    ...mdast,
    print(path, options, print) {
      if (path.node.type !== 'table') return mdast.print(path, options, print);
      // The group prints the compact table if it breaks, and the padded one if it fits.
      const [breakParent, group] = mdast.print(path, { ...options, proseWrap: 'never' }, print);
      return [breakParent, { ...group, break: true }];
    },
  },
};
