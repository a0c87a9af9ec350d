import { type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { mqttClient } from "../../../examples/node/programs";
import { pattern, sha256 } from "../../interop/octets";
import type { Place } from "./place";

const PORT = 1883;
/** Messages under way at a time: with more than twenty of quality 2 mosquitto and MQTT.js come to a stop over any network. */
const IN_FLIGHT = 10;

function connect({ net }: Place, host: string, options: IClientOptions): MqttClient {
  return mqttClient(net, host, { reconnectPeriod: 50, ...options });
}

/** What a subscriber was told. */
export interface Told {
  topic: string;
  /** The payload, or its digest if it is long. */
  payload: string;
  qos: number;
  retain: boolean;
}

/** Collects what a client is told, and waits for it. */
class Inbox {
  readonly told: Told[] = [];
  private waiting: (() => void) | undefined;

  constructor(client: MqttClient) {
    client.on("message", (topic: string, payload: Buffer, { qos, retain }: IPublishPacket) => {
      const text = payload.length > 1000 ? sha256(payload) : payload.toString();
      this.told.push({ topic, payload: text, qos, retain });
      this.waiting?.();
    });
  }

  async until(count: number): Promise<Told[]> {
    while (this.told.length < count) await new Promise<void>((resolve) => (this.waiting = resolve));
    return this.told;
  }
}

function ready(client: MqttClient): Promise<MqttClient> {
  return new Promise((resolve) => client.once("connect", () => resolve(client)));
}

/** Two clients on the board, one telling the other: `count` small messages and one of 500,000 octets, all of one quality. */
export async function mqttExchange(place: Place, host: string, qos: 0 | 1 | 2, count: number): Promise<Told[]> {
  const hearer = await ready(connect(place, host, { clientId: `hearer${qos}` }));
  const teller = await ready(connect(place, host, { clientId: `teller${qos}` }));
  const inbox = new Inbox(hearer);
  try {
    await hearer.subscribeAsync(`exchange/${qos}/+`, { qos });
    for (let i = 0; i < count; i += IN_FLIGHT) {
      const some = Array.from({ length: Math.min(IN_FLIGHT, count - i) }, (_, j) => `message ${i + j}`);
      await Promise.all(some.map((message) => teller.publishAsync(`exchange/${qos}/small`, message, { qos })));
    }
    await teller.publishAsync(`exchange/${qos}/large`, pattern(500_000), { qos });
    return await inbox.until(count + 1);
  } finally {
    await Promise.all([hearer.endAsync(), teller.endAsync()]);
  }
}

/** A retained message, heard by one who comes later; then it is taken back, and one who comes later still hears only the end. */
export async function mqttRetained(place: Place, host: string): Promise<Told[][]> {
  const teller = await ready(connect(place, host, {}));
  await teller.publishAsync("retained/state", "on", { qos: 1, retain: true });
  const later = await ready(connect(place, host, {}));
  const first = new Inbox(later);
  await later.subscribeAsync("retained/#", { qos: 1 });
  await first.until(1);
  await teller.publishAsync("retained/state", "", { qos: 1, retain: true });
  await first.until(2);
  const last = await ready(connect(place, host, {}));
  const second = new Inbox(last);
  await last.subscribeAsync("retained/#", { qos: 1 });
  await teller.publishAsync("retained/end", "end", { qos: 1 });
  await Promise.all([first.until(3), second.until(1)]);
  await Promise.all([teller, later, last].map((client) => client.endAsync()));
  return [first.told, second.told];
}

/** A client of the kernel that hears what the dead have left. */
async function witness(host: string): Promise<{ client: MqttClient; inbox: Inbox }> {
  const { connect: connectNode } = await import("mqtt");
  const client = connectNode({ host, port: PORT });
  const inbox = new Inbox(client);
  await ready(client);
  await client.subscribeAsync("will/#", { qos: 2 });
  return { client, inbox };
}

/** The will of a client on the board whose connection is reset, and that of one that takes its leave, of which nothing must be heard. */
export async function mqttWill(place: Place, host: string): Promise<Told[]> {
  const { client, inbox } = await witness(host);
  const will = (name: string): IClientOptions => ({
    clientId: name,
    will: { topic: `will/${name}`, payload: Buffer.from(`${name} is gone`), qos: 2, retain: false },
  });
  const polite = await ready(connect(place, host, will("polite")));
  const victim = await ready(connect(place, host, { ...will("victim"), reconnectPeriod: 0 }));
  await polite.endAsync();
  (victim.stream as unknown as { resetAndDestroy(): void }).resetAndDestroy();
  await inbox.until(1);
  await Promise.all([victim.endAsync(), client.endAsync()]);
  return inbox.told;
}

/** What happens to a client on the board while its cable is out, and after. */
export interface Outage {
  will: Told[];
  told: Told[];
  events: string[];
}

/**
 * The cable is pulled: the broker misses the client and publishes its will. What is published for it meanwhile it hears when it is back,
 * because its session lives on.
 */
export async function mqttOutage(place: Place, host: string): Promise<Outage> {
  const { client, inbox } = await witness(host);
  const board = connect(place, host, {
    clientId: "outage",
    clean: false,
    keepalive: 1,
    will: { topic: "will/outage", payload: Buffer.from("lost"), qos: 1, retain: false },
  });
  const events: string[] = [];
  for (const event of ["connect", "close", "offline", "reconnect"] as const) board.on(event, () => events.push(event));
  board.on("error", () => undefined);
  const own = new Inbox(board);
  await ready(board);
  await board.subscribeAsync("outage", { qos: 1 });
  await client.publishAsync("outage", "before", { qos: 1 });
  await own.until(1);
  place.board.linkUp(false);
  await inbox.until(1);
  await client.publishAsync("outage", "meanwhile", { qos: 1 });
  const back = ready(board);
  place.board.linkUp(true);
  await back;
  await client.publishAsync("outage", "after", { qos: 1 });
  await own.until(3);
  const seen = events.filter((event, i) => event !== events[i - 1]);
  await Promise.all([board.endAsync(), client.endAsync()]);
  return { will: inbox.told, told: own.told, events: seen };
}

const patient = new Map<string, { client: MqttClient; inbox: Inbox }>();

/** Begin to hear a topic, whatever becomes of the broker. */
export async function mqttHear(place: Place, host: string, topic: string): Promise<void> {
  const client = await ready(connect(place, host, {}));
  client.on("error", () => undefined);
  patient.set(topic, { client, inbox: new Inbox(client) });
  await client.subscribeAsync(topic, { qos: 1 });
}

/** Publish as soon as the client has found its broker again, and tell what it heard; that ends the client. */
export async function mqttHeard(_: Place, topic: string): Promise<Told[]> {
  const { client, inbox } = patient.get(topic) ?? {};
  if (!client || !inbox) throw new Error(`nobody hears ${topic}`);
  if (!client.connected) await ready(client);
  await client.publishAsync(topic, "are we back?", { qos: 1 });
  await inbox.until(1);
  await client.endAsync();
  return inbox.told;
}
