import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Namespace, privateNetwork } from "../interop/namespace";
import { Folder, pattern, sha256 } from "../interop/octets";
import { needs } from "../support/needs";
import { openEcosystem } from "./ecosystem";
import type { Ecosystem } from "./inside/lab";

const test = needs("unshare", "ip", "mosquitto", privateNetwork());
const HOST = "10.0.0.1";

describe("MQTT.js on a board and mosquitto", () => {
  const folder = new Folder();
  let network: Namespace<Ecosystem>;
  let broker: number;

  async function startBroker(): Promise<void> {
    const lines = [`listener 1883 ${HOST}`, "allow_anonymous true", "persistence false", "user root", "log_dest none"];
    broker = await network.lab.start(["mosquitto", "-c", folder.write("mosquitto.conf", `${lines.join("\n")}\n`)]);
    await network.lab.waitForPort(HOST, 1883);
  }

  beforeAll(async () => {
    network = await openEcosystem();
    await startBroker();
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  for (const qos of [0, 1, 2] as const) {
    test(`quality of service ${qos}: each message once and in order, half a megabyte among them`, async () => {
      const small = Array.from({ length: 50 }, (_, i) => ({ topic: `exchange/${qos}/small`, payload: `message ${i}`, qos }));
      const large = { topic: `exchange/${qos}/large`, payload: sha256(pattern(500_000)), qos };
      expect(await network.lab.mqttExchange(HOST, qos, 50)).toEqual(
        [...small, large].map((told) => ({ ...told, retain: false })),
      );
    });
  }

  test("retained messages", async () => {
    const [earlier, later] = await network.lab.mqttRetained(HOST);
    expect(earlier.map(({ payload, retain }) => `${payload} ${retain}`)).toEqual(["on true", " false", "end false"]);
    expect(later.map(({ payload, retain }) => `${payload} ${retain}`)).toEqual(["end false"]);
  });

  test("the will of a client whose connection was cut is published, that of one that took its leave is not", async () => {
    const told = await network.lab.mqttWill(HOST);
    expect(told).toEqual([{ topic: "will/victim", payload: "victim is gone", qos: 2, retain: false }]);
  });

  test("the cable is out for a while: the will is published, the session goes on", async () => {
    const { will, told, events } = await network.lab.mqttOutage(HOST);
    expect(will).toMatchObject([{ topic: "will/outage", payload: "lost" }]);
    expect(told.map(({ payload }) => payload)).toEqual(["before", "meanwhile", "after"]);
    expect(events[0]).toBe("connect");
    expect(events.at(-1)).toBe("connect");
  });

  test("the broker is started anew: the client comes back and has its subscription again", async () => {
    await network.lab.mqttHear(HOST, "patience");
    await network.lab.stop(broker, "SIGKILL");
    await startBroker();
    expect((await network.lab.mqttHeard("patience")).map(({ payload }) => payload)).toEqual(["are we back?"]);
  });

  test("no socket is left behind", async () => {
    const open = async () => (await network.lab.sockets()).filter(({ kind }) => kind !== "TimeWait");
    // The connection the outage has cut still repeats its FIN, at longer and longer intervals, until the kernel resets it.
    await expect.poll(open, { timeout: 25_000 }).toEqual([]);
  });
});
