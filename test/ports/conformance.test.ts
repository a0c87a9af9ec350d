import { test } from "vitest";
import { moduleFor } from "../support/modules";
import { needs } from "../support/needs";
import { conformance } from "./conformance";
import { hour } from "./hour";
import { mockedFolders, NativePort, NodePort, type Port } from "./port";

/** Rings of the default profile, and the smallest there are. */
const KNOBS = [undefined, { CONFIG_RX_SLOTS: 1, CONFIG_TX_SLOTS: 1 }];

function all(name: string, make: () => Port, compiled: typeof test | typeof test.skip): void {
  conformance(name, make, compiled);
  for (const knobs of KNOBS) {
    compiled(`${name}: an hour at full ring, ${knobs ? "one slot" : "default"}`, async () => {
      hour(await moduleFor({ knobs }), make());
    });
  }
}

all("the host shim", () => new NodePort(), test);
for (const folder of mockedFolders()) all(folder, () => NativePort.of(folder), needs("cc"));
