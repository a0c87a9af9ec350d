import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** What Node puts into scope, as far as we use it in JavaScript; TypeScript checks its own. */
const globals = { process: "readonly", console: "readonly", URL: "readonly", TextEncoder: "readonly" };

export default defineConfig(
  { ignores: ["build/", "dist/", "node_modules/", "host/wasm3/", "host/boards/"] },
  {
    files: ["**/*.{js,mjs}"],
    extends: [eslint.configs.recommended],
    languageOptions: { globals: { ...globals, i64_low: "readonly", i64_new: "readonly" } },
  },
  {
    files: ["host/**/*.ts", "test/**/*.ts", "examples/node/*.ts", "*.ts"],
    ignores: ["test/unit/**", "test/engines/modules/**", "test/bench/firmware.ts", "test/bench/boards/firmware/**"],
    extends: [eslint.configs.recommended, tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-unsafe-enum-comparison": "off",
      "@typescript-eslint/no-explicit-any": "error",
      "no-restricted-syntax": ["error", { selector: "ExportDefaultDeclaration", message: "Exports are named." }],
      eqeqeq: "error",
    },
  },
  { files: ["*.config.ts", "*.config.mjs"], rules: { "no-restricted-syntax": "off" } },
  {
    // The core is AssemblyScript: only what a parser can see, since TypeScript's types are not its types.
    files: [
      "assembly/**/*.ts",
      "test/unit/**/*.ts",
      "test/engines/modules/*.ts",
      "test/bench/firmware.ts",
      "test/bench/boards/firmware/*.ts",
      "examples/*.ts",
    ],
    languageOptions: { parser: tseslint.parser, parserOptions: { allowInvalidAST: true } },
    plugins: { "@typescript-eslint": tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-restricted-syntax": ["error", { selector: "ExportDefaultDeclaration", message: "Exports are named." }],
      "prefer-const": "error",
      "no-unreachable": "error",
    },
  },
  { files: ["assembly/globals.d.ts"], rules: { "@typescript-eslint/no-unused-vars": "off" } },
);
