import { drill, type DrillOptions, type Verdict } from "../../host/drill/drill";
import { moduleFor } from "../support/modules";

/** Run a script given as text. */
export async function drilled(text: string, options: Partial<DrillOptions> = {}): Promise<Verdict> {
  return drill("test.pkt", text, { module: await moduleFor({ profile: "host" }), ...options });
}

/** A connection from a peer with the wished-for options, with descriptor 4 at our end. */
export const ACCEPTED = `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 10000
+0 accept(3, ..., ...) = 4
`;
