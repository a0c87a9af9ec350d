"use strict";
/** A package that opens its sockets itself, as many clients do. */
const net = require("node:net");
const count = require("./count.cjs");

count.loads++;

/** What somebody says who is connected to. */
function greet(port, host) {
  return new Promise((resolve, reject) => {
    let text = "";
    net
      .createConnection(port, host)
      .on("data", (chunk) => (text += chunk))
      .on("end", () => resolve(text))
      .on("error", reject);
  });
}

module.exports = { greet, net, count };
