/** The specs of one run; host/tools/test.ts deals them out to several, and `npx asp` alone takes all. */
const some = process.env.SANDWIRE_SPECS;

// The path of our own transform in as-pect.asconfig.json starts in a package, since asc resolves a relative one there as a
// package's name.
export default {
  entries: some ? some.split("\n") : ["test/unit/**/*.spec.ts"],
  include: [],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }));
  },
  outputBinary: false,
};
