import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Namespace, privateNetwork } from "../interop/namespace";
import { Folder, pattern, sha256 } from "../interop/octets";
import { needs } from "../support/needs";
import { certify } from "./certificate";
import { openEcosystem } from "./ecosystem";
import type { Ecosystem } from "./inside/lab";
import { KERNEL, nginxConfiguration } from "../interop/nginx";

const test = needs("unshare", "ip", "openssl", "curl", "nginx", privateNetwork());
const BOARD = "10.0.0.2";
const BIG = 10_000_000;
const whole = sha256(pattern(BIG));
const MILLION = { length: 1_000_000, sha256: sha256(pattern(1_000_000)) };
const TRUSTED = { authorized: true, subject: "sandwire.test" };

describe("TLS with a self-made certificate", () => {
  const folder = new Folder();
  let network: Namespace<Ecosystem>;

  beforeAll(async () => {
    const configuration = folder.write("nginx.conf", nginxConfiguration(folder, true));
    certify(folder);
    folder.write("www/big", pattern(BIG));
    folder.write("www/small", pattern(3000));
    network = await openEcosystem();
    await network.lab.serveSecureSite(folder.path, 443);
    await network.lab.serveShouter(folder.path, 4433);
    await network.lab.start(["nginx", "-p", folder.path, "-c", configuration]);
    await network.lab.waitForPort(KERNEL, 443);
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  async function shell(line: string, input?: string): Promise<string> {
    const { code, signal, out, err } = await network.lab.shell(line, { input });
    expect({ code, signal }, err).toEqual({ code: 0, signal: null });
    return out;
  }

  test("openssl s_client talks to a tls server on the board", async () => {
    const trust = `-CAfile ${folder.file("cert.pem")} -verify_return_error -servername sandwire.test`;
    const line = `openssl s_client -connect ${BOARD}:4433 ${trust} -alpn shout -ign_eof`;
    const said = await shell(line, "good morning\n");
    expect(said).toContain("Verify return code: 0 (ok)");
    expect(said).toContain("ALPN protocol: shout");
    expect(said).toContain("GOOD MORNING");
  });

  test("curl -k and curl --cacert get 10 MB from an https server on the board", async () => {
    expect(await shell(`curl -sS -k https://${BOARD}/bytes/${BIG} | sha256sum`)).toContain(whole);
    const named = `--cacert ${folder.file("cert.pem")} --resolve sandwire.test:443:${BOARD}`;
    expect(await shell(`curl -sS ${named} https://sandwire.test/chunked/${BIG} | sha256sum`)).toContain(whole);
  });

  test("the server on the board knows who asks", async () => {
    expect(await shell(`curl -sS -k https://${BOARD}/hello`)).toBe("hello, 10.0.0.1");
  });

  test("curl uploads 10 MB to it", async () => {
    const file = folder.write("upload", pattern(BIG));
    const said = await shell(`curl -sS -k --data-binary @${file} https://${BOARD}/digest`);
    expect(JSON.parse(said)).toEqual({ length: BIG, sha256: whole });
  });

  test("tls.connect on the board to a server of Node's: TLS 1.3 and 1.2", async () => {
    expect(await network.lab.speakToKernel(folder.path, KERNEL, "TLSv1.3")).toMatchObject({
      ...MILLION,
      ...TRUSTED,
      protocol: "TLSv1.3",
    });
    expect(await network.lab.speakToKernel(folder.path, KERNEL, "TLSv1.2")).toMatchObject({
      ...MILLION,
      ...TRUSTED,
      protocol: "TLSv1.2",
    });
  });

  test("tls.connect at the kernel to a server on the board", async () => {
    expect(await network.lab.speakToBoard(folder.path, BOARD)).toMatchObject({ ...MILLION, ...TRUSTED });
  });

  test("a certificate nobody vouches for is refused", async () => {
    expect(await network.lab.distrust(folder.path, KERNEL)).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  test("https.request on the board gets 10 MB from nginx", async () => {
    const [answer] = await network.lab.requestSecurely(folder.path, `https://${KERNEL}`, [{ path: "/big" }], false);
    expect(answer).toMatchObject({ status: 200, length: BIG, sha256: whole });
  });

  test("an https agent with keepAlive asks fifty times over one connection", async () => {
    const asked = new Array(50).fill({ path: "/small" }) as { path: string }[];
    const answers = await network.lab.requestSecurely(folder.path, `https://${KERNEL}`, asked, true);
    expect(new Set(answers.map(({ status, sha256 }) => `${status} ${sha256}`))).toEqual(
      new Set([`200 ${sha256(pattern(3000))}`]),
    );
    expect(new Set(answers.map(({ connection }) => connection)).size).toBe(1);
  });

  test("nginx tells a plain request at the port of https off", async () => {
    expect(await network.lab.askPlainly(`http://${KERNEL}:443`)).toMatchObject({ status: 400 });
  });
});
