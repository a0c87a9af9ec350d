#!/usr/bin/env node
// Stands for qemu-system-arm in tests of what starts it: connects the three sockets as QEMU does, and does what STUB says.
import { Buffer } from "node:buffer";
import { readFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { setInterval } from "node:timers";

const args = process.argv.slice(2);
const behaviour = process.env["STUB"] ?? "";
const options = (name) => args.filter((_, i) => args[i - 1] === name);
const pathOf = (text) => /(?:addr\.)?path=([^,]+)/.exec(text)[1];

function end(code, text) {
  if (text) writeSync(2, text);
  process.exit(code);
}

if (behaviour === "refuses") end(1, "qemu-system-arm: unsupported machine type\nUse -machine help to list supported machines\n");
if (behaviour === "silent") end(3, "");
if (behaviour === "deaf") setInterval(() => {}, 1000);
else start();

function start() {
  const net = connect(pathOf(options("-netdev")[0]));
  const console = connect(pathOf(options("-chardev").find((each) => each.includes("id=console"))));
  const monitor = connect(pathOf(options("-chardev").find((each) => each.includes("id=monitor"))));
  for (const socket of [net, console, monitor]) socket.on("error", () => {});
  if (behaviour === "babbles") monitor.write("no JSON\n[1\n{}\n7\nnull\n");
  monitor.write('{"QMP": {"version": {}}}\r\n');
  monitor.on("data", (chunk) => {
    for (const line of chunk.toString().trim().split("\n")) obey(JSON.parse(line));
  });
  // Frames that are not read when it ends are lost with an error.
  if (behaviour !== "ignores") net.on("data", (chunk) => net.write(chunk));
  console.on("data", (chunk) => {
    const text = chunk.toString();
    if (text.endsWith("c")) net.destroy();
    if (text.endsWith("x")) console.end(text.slice(0, -1), () => end(0, "the last word\n"));
    else console.write(text);
  });
  console.write(`${JSON.stringify(args)}\r\npid ${process.pid}\nload ${loaded()}\nno end`);
  if (behaviour === "floods") net.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1]));

  function obey({ execute, arguments: given, id }) {
    if (execute === "set_link" && given.up)
      return reply({ id, error: { class: "DeviceNotFound", desc: "Device 'cable' not found" } });
    if (execute === "system_reset") reply({ event: "RESET", data: {} });
    reply({ id, return: {} });
  }
  function reply(message) {
    monitor.write(`${JSON.stringify(message)}\r\n`);
  }
}

function loaded() {
  const file = /file=([^,]+)/.exec(options("-device")[0] ?? "")?.[1];
  return file ? readFileSync(file).toString("hex") : "nothing";
}
