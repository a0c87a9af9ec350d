/**
 * Programs that know nothing of boards, over a board's TCP: Node's own http and https, undici, ws, MQTT.js, node-redis. docs/node-programs.md
 * shows them; each takes `net = createNet(board)`.
 */
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer, get as getSecurely, type Server as SecureServer } from "node:https";
import { type IClientOptions, MqttClient } from "mqtt";
import type * as redis from "redis";
import { agentOver, type Net, requireOver, secureAgentOver, serveOver, undiciOver } from "sandwire/net";
import { Agent, fetch } from "undici";
import { WebSocket, WebSocketServer } from "ws";

async function bodyOf(response: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return text;
}

/** A web server: `serveOver` makes it listen at the board, everything else is Node's. */
export function webServer(net: Net, port: number): Server {
  const server = createServer((request, response) => response.end(`${request.method} ${request.url}`));
  return serveOver(net, server).listen(port);
}

/** A request: the agent's connections are the board's. */
export async function ask(net: Net, url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: agentOver(net) }), "response")) as [IncomingMessage];
  return bodyOf(response);
}

/** The same with TLS. `identity` is the key and the certificate in PEM. */
export function secureServer(net: Net, port: number, identity: { key: string; cert: string }): SecureServer {
  const server = createSecureServer(identity, (request, response) => response.end(`${request.method} ${request.url}, in secret`));
  return serveOver(net, server).listen(port);
}

/** A request with TLS to whom `ca` vouches for. */
export async function askSecurely(net: Net, url: string, ca: string): Promise<string> {
  const [response] = (await once(getSecurely(url, { agent: secureAgentOver(net), ca }), "response")) as [IncomingMessage];
  return bodyOf(response);
}

/** `fetch`, as undici has it; its connections are made by a connector. */
export async function fetchText(net: Net, url: string): Promise<string> {
  const dispatcher = new Agent({ connect: undiciOver(net) });
  try {
    return await (await fetch(url, { dispatcher })).text();
  } finally {
    await dispatcher.close();
  }
}

/** WebSockets on a web server of the board. */
export function echoWebSockets(server: Server): WebSocketServer {
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  return sockets;
}

/** A WebSocket: it connects with the agent it is given. */
export async function echoed(net: Net, url: string, message: string): Promise<string> {
  const socket = new WebSocket(url, { agent: agentOver(net) });
  socket.on("open", () => socket.send(message));
  const [answer] = (await once(socket, "message")) as [Buffer];
  socket.close();
  await once(socket, "close");
  return answer.toString();
}

/** MQTT: the client asks for a stream each time it connects. */
export function mqttClient(net: Net, host: string, options: IClientOptions = { clientId: "board" }): MqttClient {
  return new MqttClient(() => net.connect(1883, host), options);
}

/** Redis: the package opens its sockets itself, so it is loaded with the board's net in the place of Node's. */
export function redisClient(net: Net, socket: redis.RedisClientOptions["socket"]): ReturnType<typeof redis.createClient> {
  const { createClient } = requireOver({ net }, "redis", import.meta.url) as typeof redis;
  return createClient({ socket });
}
