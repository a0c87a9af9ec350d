const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The CRC-32 of Ethernet and zip, of octets that come behind those whose CRC-32 is `before`. */
export function crc32(octets: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < octets.length; i++) crc = TABLE[(crc ^ octets[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
