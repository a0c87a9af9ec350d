import * as node from "node:net";
import { describe, expect, test } from "vitest";
import type { Net } from "../../host/node/net";
import { boards } from "./boards";
import { carrying } from "./scenarios/carrying";
import { connecting } from "./scenarios/connecting";
import { ending } from "./scenarios/ending";
import { serving } from "./scenarios/serving";
import { settings } from "./scenarios/settings";
import { type Diary, type Place, Stage } from "./stage";

type Scenario = (stage: Stage) => Promise<void>;

/** Node's own module over the loopback of this machine. */
const reference: Place = { near: node as unknown as Net, far: node as unknown as Net, host: "127.0.0.1", nobody: "127.0.0.2" };

async function perform(place: Place, scenario: Scenario): Promise<Diary> {
  const stage = new Stage(place);
  try {
    await scenario(stage);
    await stage.settle();
    return structuredClone(stage.diary);
  } finally {
    stage.leave();
  }
}

describe.each(Object.entries({ connecting, carrying, ending, serving, settings }))(
  "node:net and createNet tell the same: %s",
  (_, scenarios) => {
    test.each(Object.entries(scenarios))("%s", async (_name, scenario) => {
      const theirs = await perform(reference, scenario);
      const { near, far, host } = await boards();
      const ours = await perform({ near, far, host, nobody: "10.0.0.1" }, scenario);
      expect(ours).toEqual(theirs);
    });
  },
);
