/** Types and codes of ICMP messages as scripts name them (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
export const ICMP_TYPES: Record<string, number> = {
  echo_reply: 0,
  unreachable: 3,
  source_quench: 4,
  redirect: 5,
  echo_request: 8,
  time_exceeded: 11,
  parameter_problem: 12,
  timestamp: 13,
  timestamp_reply: 14,
};

export const UNREACHABLE_CODES = [
  "net_unreachable",
  "host_unreachable",
  "protocol_unreachable",
  "port_unreachable",
  "frag_needed",
  "source_route_failed",
  "net_unknown",
  "host_unknown",
  "source_host_isolated",
  "net_prohibited",
  "host_prohibited",
  "net_unreachable_for_tos",
  "host_unreachable_for_tos",
  "packet_filtered",
  "precedence_violation",
  "precedence_cutoff",
];
