import { execFileSync } from "node:child_process";
import type { Folder } from "../interop/octets";

/** Make a certificate of one's own for the name sandwire.test: cert.pem, and key.pem beside it. */
export function certify(folder: Folder): void {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", folder.file("key.pem"), "-out", folder.file("cert.pem")];
  const name = ["-subj", "/CN=sandwire.test", "-addext", "subjectAltName=DNS:sandwire.test", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...files, ...name], { stdio: "pipe" });
}
