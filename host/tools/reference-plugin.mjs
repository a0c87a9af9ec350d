/**
 * For typedoc: constants that are taken out of an enum, `export const { SOCK_STREAM } = SocketType`, are described where the enum's member
 * is, in assembly/abi.ts. Without a description there they count as not documented.
 */
import { Comment, Converter, ReflectionKind } from "typedoc";
import ts from "typescript";

/** The description of the member that a destructured constant is taken from. */
function descriptionOf(declaration, checker) {
  if (!declaration || !ts.isBindingElement(declaration)) return "";
  const { initializer } = declaration.parent.parent;
  if (!initializer) return "";
  const name = (declaration.propertyName ?? declaration.name).getText();
  const member = checker.getTypeAtLocation(initializer).getProperty(name);
  return member ? ts.displayPartsToString(member.getDocumentationComment(checker)) : "";
}

/** Called by typedoc. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Variable)) return;
    const symbol = context.getSymbolFromReflection(reflection);
    const text = descriptionOf(symbol?.declarations?.[0], context.checker);
    if (text) reflection.comment = new Comment([{ kind: "text", text }]);
  });
}
