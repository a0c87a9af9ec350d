export interface PythonToken {
  type: "number" | "name" | "text" | "symbol";
  text: string;
}

const pattern =
  /\s*(?:(0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)|([A-Za-z_]\w*)|"((?:\\.|[^"])*)"|'((?:\\.|[^'])*)'|(\*\*|\/\/|<<|>>|<=|>=|==|!=|[-+*/%&|^~<>()[\],.=:{}]))/y;

/** The tokens of a Python expression. Unknown characters become symbols of their own. */
export function tokenizePython(text: string): PythonToken[] {
  const tokens: PythonToken[] = [];
  pattern.lastIndex = 0;
  let at = 0;
  while (at < text.trimEnd().length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) {
      tokens.push({ type: "symbol", text: text[at] });
      at++;
      continue;
    }
    at = pattern.lastIndex;
    const [, number, name, double, single, symbol] = match;
    if (number !== undefined) tokens.push({ type: "number", text: number });
    else if (name !== undefined) tokens.push({ type: "name", text: name });
    else if (symbol !== undefined) tokens.push({ type: "symbol", text: symbol });
    else tokens.push({ type: "text", text: double ?? single });
  }
  return tokens;
}
