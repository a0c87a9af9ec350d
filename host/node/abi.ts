/** The border with the module, generated from the core's sources by `npm run generate`. */
export * from "../../build/generated/abi";
