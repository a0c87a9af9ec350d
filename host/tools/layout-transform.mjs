import { writeFileSync } from "node:fs";
import { Transform } from "assemblyscript/transform";

/**
 * Writes the map of the module's static memory to the file that SANDWIRE_LAYOUT names: every `memory.data`, with the constant
 * that holds its address. It runs before the optimiser, which drops zero-filled segments and inlines constants.
 */
export default class LayoutTransform extends Transform {
  afterCompile(module) {
    const file = process.env.SANDWIRE_LAYOUT;
    if (!file) return;
    const names = constantsByValue(this.binaryen, module);
    const regions = [];
    for (let i = 0; i < module.getNumDataSegments(); i++) {
      const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(i));
      regions.push({ address: offset, size: data.byteLength, name: names.get(offset) ?? "" });
    }
    regions.sort((a, b) => a.address - b.address);
    writeFileSync(file, JSON.stringify(regions));
  }
}

/** Names of the immutable globals by value. An address is unique; a small number that happens to be equal sorts behind it. */
function constantsByValue(binaryen, module) {
  const names = new Map();
  for (let i = 0; i < module.getNumGlobals(); i++) {
    const global = binaryen.getGlobalInfo(module.getGlobalByIndex(i));
    if (global.mutable || !global.init) continue;
    const value = binaryen.getExpressionInfo(global.init).value;
    const known = names.get(value);
    if (known === undefined || isKnob(known)) names.set(value, global.name);
  }
  return names;
}

/** A module-level constant in capitals is a number; addresses are written like variables. */
function isKnob(name) {
  return /\/[A-Z][A-Z0-9_]*$/.test(name);
}
