// A plugin for Prettier that does not pad Markdown tables. Without the plugin, Prettier leaves the padding out only
// with `proseWrap: never`, which also puts each paragraph on one line, and only in tables that are too wide.
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
