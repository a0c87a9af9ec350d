import { CaState, TcpInfoOption, TcpInfoState, type TcpInfoView } from "./abi";

/** What TCP_INFO tells about a connection. Times in milliseconds, with their fractions; counts of segments unless named otherwise. */
export interface TcpInfo {
  /** Linux's names: "ESTABLISHED", "FIN_WAIT1" ... */
  state: string;
  /** What congestion control believes: "Open", "Disorder", "CWR", "Recovery", "Loss". */
  caState: string;
  /** Timeouts in a row. */
  retransmits: number;
  /** Unanswered probes of a closed window or of an idle peer. */
  probes: number;
  /** Whether both ends send timestamps (RFC 7323). */
  timestamps: boolean;
  /** Whether both ends know selective acknowledgements (RFC 2018). */
  sack: boolean;
  /** Whether windows are scaled (RFC 7323). */
  windowScale: boolean;
  /** Whether both ends know explicit congestion notification (RFC 3168). */
  ecn: boolean;
  /** Retransmission timeout. */
  rto: number;
  /** Smoothed round trip. */
  rtt: number;
  /** Its variation. */
  rttvar: number;
  /** Octets of text in a full segment that is sent. */
  sendMss: number;
  /** The same of what the peer sends. */
  receiveMss: number;
  /** In flight. */
  unacked: number;
  /** Of these: held by the peer beyond a hole. */
  sacked: number;
  /** Of these: believed lost. */
  lost: number;
  /** Of these: sent again. */
  retrans: number;
  /** Sent again since the connection began. */
  totalRetrans: number;
  /** Congestion window. */
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
