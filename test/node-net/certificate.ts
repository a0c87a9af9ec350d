import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A key, and a certificate for it signed with itself. */
export interface Identity {
  key: string;
  cert: string;
}

/** ASN.1 in its distinguished encoding: tag, length, content. */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const long = Buffer.from(body.length.toString(16).padStart(body.length < 256 ? 2 : 4, "0"), "hex");
  const length = body.length < 128 ? Buffer.of(body.length) : Buffer.concat([Buffer.of(0x80 | long.length), long]);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

const sequence = (...content: Uint8Array[]): Buffer => der(0x30, ...content);
const utcTime = (time: Date): Buffer => der(0x17, Buffer.from(`${time.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));

function oid(text: string): Buffer {
  const [first, second, ...rest] = text.split(".").map(Number);
  const sevens = (n: number): number[] => (n < 128 ? [n] : [...sevens(n >> 7).map((octet) => octet | 0x80), n & 127]);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(sevens)]));
}

/** RFC 5280, 4.1: a version 3 certificate for a name and an IPv4 address, valid from yesterday to tomorrow. */
export function identity(name: string, address: string): Identity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
  const subject = sequence(der(0x31, sequence(oid("2.5.4.3"), der(0x0c, Buffer.from(name)))));
  const day = 86_400_000;
  const names = sequence(der(0x82, Buffer.from(name)), der(0x87, Buffer.from(address.split(".").map(Number))));
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1), randomBytes(8)),
    algorithm,
    subject,
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + day))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(oid("2.5.29.17"), der(0x04, names)))), // subjectAltName
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", signed, privateKey));
  const text = sequence(signed, algorithm, signature).toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
  };
}
