/**
 * For hosts, where time counts more than octets: small functions, and functions with one caller, go into their callers. asc's own
 * levels know only "hardly any" (-O3s, which costs a quarter of the speed) and "all" (-O3, which costs 20 KB).
 */
import { Transform } from "assemblyscript/dist/transform.js";

/** More than any function has. */
const ANY = 100000;
/** Nodes of a function that is copied to all its callers: 40 had nearly all of the speed of 60 and of -O3. */
const SMALL = 40;

export default class SpeedTransform extends Transform {
  afterCompile(module) {
    const { binaryen } = this;
    const levels = [binaryen.getOptimizeLevel(), binaryen.getShrinkLevel()];
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(0);
    binaryen.setAlwaysInlineMaxSize(SMALL);
    binaryen.setFlexibleInlineMaxSize(0);
    binaryen.setOneCallerInlineMaxSize(ANY);
    module.runPasses(["inlining"]);
    binaryen.setOptimizeLevel(levels[0]);
    binaryen.setShrinkLevel(levels[1]);
  }
}
