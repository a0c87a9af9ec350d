/**
 * For profiles where octets count more than speed: `@inline` is only a wish. The optimizer, which still inlines what gets smaller by
 * it, decides.
 */
import { DecoratorKind, NodeKind } from "assemblyscript/dist/assemblyscript.js";
import { Transform } from "assemblyscript/dist/transform.js";

/** More than any function has. */
const ANY = 100000;

function strip(node) {
  if (!node.decorators) return;
  node.decorators = node.decorators.filter((decorator) => decorator.decoratorKind !== DecoratorKind.Inline);
}

export default class SizeTransform extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) {
      if (source.isLibrary && !source.internalPath.startsWith("~lib/sandwire/")) continue;
      for (const statement of source.statements) {
        if (statement.kind === NodeKind.FunctionDeclaration) strip(statement);
        if (statement.kind === NodeKind.ClassDeclaration)
          for (const member of statement.members) if (member.kind === NodeKind.MethodDeclaration) strip(member);
      }
    }
  }

  afterCompile(module) {
    const { binaryen } = this;
    binaryen.setAlwaysInlineMaxSize(0);
    binaryen.setFlexibleInlineMaxSize(0);
    binaryen.setOneCallerInlineMaxSize(ANY);
    module.runPasses(["inlining"]);
  }
}
