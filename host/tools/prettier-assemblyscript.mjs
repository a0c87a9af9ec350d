import plugin from "assemblyscript-prettier";
import { doc } from "prettier";

/**
 * assemblyscript-prettier hides decorators in marked comments before it parses. Code under `// prettier-ignore` is printed as it
 * was parsed, so there the marks would stay, and in front of decorated members it adds empty lines. This wrapper does neither.
 */
const printer = plugin.printers["as-estree"];
const mark = /\/\*MAGIC_ASSEMBLYSCRIPT_PRETTIER_\d+(@[^*]*?)MAGIC_ASSEMBLYSCRIPT_PRETTIER_\d+\*\//g;

export const parsers = plugin.parsers;

export const printers = {
  "as-estree": {
    ...printer,
    hasPrettierIgnore: () => false,
    print(path, options, print, args) {
      return printer.hasPrettierIgnore(path) ? unchanged(path.node, options) : printer.print(path, options, print, args);
    },
    printComment(path, options) {
      const text = options.originalText.slice(options.locStart(path.node), options.locEnd(path.node));
      const decorator = text.replace(mark, "$1");
      return decorator === text ? printer.printComment(path, options) : decorator;
    },
  },
};

function unchanged(node, options) {
  const start = options.locStart(node);
  const end = options.locEnd(node);
  for (const comment of options[Symbol.for("comments")]) {
    const inside = options.locStart(comment) >= start && options.locEnd(comment) <= end;
    if (inside) options[Symbol.for("printedComments")].add(comment);
  }
  return doc.utils.replaceEndOfLine(options.originalText.slice(start, end).replace(mark, "$1"));
}
