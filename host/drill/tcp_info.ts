import { TcpInfoRecord } from "../node/abi";

/** Linux's struct tcp_info by the names scripts use: offset and octets of each field. Bit fields are taken apart below. */
// prettier-ignore
const fields: Record<string, [number, number]> = {
  tcpi_state: [0, 1], tcpi_ca_state: [1, 1], tcpi_retransmits: [2, 1], tcpi_probes: [3, 1], tcpi_backoff: [4, 1],
  tcpi_options: [5, 1], tcpi_rto: [8, 4], tcpi_ato: [12, 4], tcpi_snd_mss: [16, 4], tcpi_rcv_mss: [20, 4], tcpi_unacked: [24, 4],
  tcpi_sacked: [28, 4], tcpi_lost: [32, 4], tcpi_retrans: [36, 4], tcpi_fackets: [40, 4], tcpi_last_data_sent: [44, 4],
  tcpi_last_ack_sent: [48, 4], tcpi_last_data_recv: [52, 4], tcpi_last_ack_recv: [56, 4], tcpi_pmtu: [60, 4],
  tcpi_rcv_ssthresh: [64, 4], tcpi_rtt: [68, 4], tcpi_rttvar: [72, 4], tcpi_snd_ssthresh: [76, 4], tcpi_snd_cwnd: [80, 4],
  tcpi_advmss: [84, 4], tcpi_reordering: [88, 4], tcpi_rcv_rtt: [92, 4], tcpi_rcv_space: [96, 4], tcpi_total_retrans: [100, 4],
  tcpi_pacing_rate: [104, 8], tcpi_max_pacing_rate: [112, 8], tcpi_bytes_acked: [120, 8], tcpi_bytes_received: [128, 8],
  tcpi_segs_out: [136, 4], tcpi_segs_in: [140, 4], tcpi_notsent_bytes: [144, 4], tcpi_min_rtt: [148, 4],
  tcpi_data_segs_in: [152, 4], tcpi_data_segs_out: [156, 4], tcpi_delivery_rate: [160, 8], tcpi_busy_time: [168, 8],
  tcpi_rwnd_limited: [176, 8], tcpi_sndbuf_limited: [184, 8], tcpi_delivered: [192, 4], tcpi_delivered_ce: [196, 4],
  tcpi_bytes_sent: [200, 8], tcpi_bytes_retrans: [208, 8], tcpi_dsack_dups: [216, 4], tcpi_reord_seen: [220, 4],
  tcpi_rcv_ooopack: [224, 4], tcpi_snd_wnd: [228, 4], tcpi_rcv_wnd: [232, 4], tcpi_rehash: [236, 4],
};

/** Whether a name is one of tcp_info's, known to Linux whether or not the module has it. */
export function isInfoName(name: string): boolean {
  return name.startsWith("tcpi_");
}

/** Names of the fields the module fills in. */
const filled = new Set(
  Object.keys(TcpInfoRecord)
    .filter((name) => !/^\d+$/.test(name) && name !== "size")
    .map((name) => `tcpi_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`),
);

/** Whether the module fills in that field. */
export function hasField(name: string): boolean {
  return filled.has(name) || name.endsWith("_wscale");
}

/** The values of TCP_INFO by name; a field that the module does not have is absent. */
export function readTcpInfo(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Map<string, number>();
  for (const [name, [at, size]] of Object.entries(fields)) {
    if (at + size > bytes.length || !filled.has(name)) continue;
    const value = size === 1 ? view.getUint8(at) : size === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
    values.set(name, value);
  }
  if (bytes.length > 6) {
    values.set("tcpi_snd_wscale", bytes[6] & 15);
    values.set("tcpi_rcv_wscale", bytes[6] >> 4);
  }
  return values;
}
