import { CaState, TcpInfoOption, TcpInfoState, type TcpInfoView } from "./abi";

/** What TCP_INFO tells about a connection. Times in milliseconds, with their fractions; counts of segments unless named otherwise. */
export interface TcpInfo {
  /** Linux's names: "ESTABLISHED", "FIN_WAIT1" ... */
  state: string;
  /** What congestion control believes: "Open", "Disorder", "CWR", "Recovery", "Loss". */
  caState: string;
  /** Timeouts in a row, unanswered probes. */
  retransmits: number;
  probes: number;
  timestamps: boolean;
  sack: boolean;
  windowScale: boolean;
  ecn: boolean;
  /** Retransmission timeout, smoothed round trip and its variation. */
  rto: number;
  rtt: number;
  rttvar: number;
  /** Octets of text in a full segment, each way. */
  sendMss: number;
  receiveMss: number;
  /** In flight; of these: held by the peer beyond a hole, believed lost, sent again. */
  unacked: number;
  sacked: number;
  lost: number;
  retrans: number;
  /** Sent again since the connection began. */
  totalRetrans: number;
  cwnd: number;
  /** Infinity before the first loss. */
  ssthresh: number;
}

const UNLIMITED = 0x7fffffff;

export function tcpInfoOf(view: TcpInfoView): TcpInfo {
  const has = (option: TcpInfoOption): boolean => (view.options & option) !== 0;
  return {
    state: TcpInfoState[view.state] ?? String(view.state),
    caState: CaState[view.caState] ?? String(view.caState),
    retransmits: view.retransmits,
    probes: view.probes,
    timestamps: has(TcpInfoOption.Timestamps),
    sack: has(TcpInfoOption.Sack),
    windowScale: has(TcpInfoOption.WindowScale),
    ecn: has(TcpInfoOption.Ecn),
    rto: view.rto / 1000,
    rtt: view.rtt / 1000,
    rttvar: view.rttvar / 1000,
    sendMss: view.sndMss,
    receiveMss: view.rcvMss,
    unacked: view.unacked,
    sacked: view.sacked,
    lost: view.lost,
    retrans: view.retrans,
    totalRetrans: view.totalRetrans,
    cwnd: view.sndCwnd,
    ssthresh: view.sndSsthresh === UNLIMITED ? Infinity : view.sndSsthresh,
  };
}
