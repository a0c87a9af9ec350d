import { createHash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { pattern } from "../../interop/octets";

export interface Asked {
  path: string;
  method?: string;
  /** Send so many octets of the pattern. */
  body?: number;
}

/** What came back, and over which connection. */
export interface Answered {
  status: number;
  length: number;
  sha256: string;
  /** The body, if it is short. */
  text: string;
  /** nginx's number of the connection, or how many requests came over it. */
  connection: string;
  /** Our port. */
  port: number;
}

/** What is kept of a body as text, octets. */
const SHORT = 1000;

export function summary(body: Buffer): Pick<Answered, "length" | "sha256" | "text"> {
  const sha256 = createHash("sha256").update(body).digest("hex");
  return { length: body.length, sha256, text: body.length <= SHORT ? body.toString() : "" };
}

/** Make a request of Node's http or https to its end. */
export function ask(url: string, options: https.RequestOptions, { path, method = "GET", body }: Asked): Promise<Answered> {
  const request = url.startsWith("https:") ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, url), { ...options, method }, (response) => {
      const { localPort: port = 0 } = response.socket;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const { statusCode: status = 0, headers } = response;
        const connection = String(headers["x-connection"] ?? headers["x-requests"]);
        resolve({ status, ...summary(Buffer.concat(chunks)), connection, port });
      });
    });
    asking.once("error", reject);
    asking.end(body === undefined ? undefined : pattern(body));
  });
}
