import { SocketRecord, State } from "../../host/node/abi";
import { ipText } from "./packet";

/** One row of netstat. */
export interface Row {
  protocol: number;
  state: number;
  owner: number;
  kind: number;
  fd: number;
  localPort: number;
  foreignPort: number;
  accepting: number;
  local: string;
  foreign: string;
  receiveQueue: number;
  sendQueue: number;
  timer: number;
  retransmits: number;
  cwnd: number;
  srtt: number;
}

/** The SocketRecord at that address. */
export function rowAt(view: DataView, at: number): Row {
  const octet = (offset: number) => view.getUint8(at + offset);
  const half = (offset: number) => view.getUint16(at + offset, true);
  const word = (offset: number) => view.getUint32(at + offset, true);
  return {
    protocol: octet(SocketRecord.protocol),
    state: octet(SocketRecord.state),
    owner: octet(SocketRecord.owner),
    kind: octet(SocketRecord.kind),
    fd: half(SocketRecord.fd),
    localPort: half(SocketRecord.localPort),
    foreignPort: half(SocketRecord.foreignPort),
    accepting: half(SocketRecord.accepting),
    local: ipText(word(SocketRecord.localAddress)),
    foreign: ipText(word(SocketRecord.foreignAddress)),
    receiveQueue: word(SocketRecord.receiveQueue),
    sendQueue: word(SocketRecord.sendQueue),
    timer: word(SocketRecord.timer),
    retransmits: word(SocketRecord.retransmits),
    cwnd: word(SocketRecord.cwnd),
    srtt: word(SocketRecord.srtt),
  };
}

export function stateName(value: number): string {
  return Object.entries(State).find(([, state]) => state === value)?.[0] ?? String(value);
}
