import type { Duplex } from "node:stream";
import { Errno, Level, MessageFlag, Poll, SocketOption, SocketType } from "../abi";
import { type Address, readAddress } from "../address";
import { checked, systemError } from "../errors";
import { AGAIN } from "../waiters";
import { BaseSocket } from "./base";
import { duplexOf, type StreamOptions } from "./duplex";
import { shareEndpoint } from "./endpoint";
import { countOf, receive } from "./reading";
import { type Octets, transmit } from "./writing";

/** What `recvMsg` gives. */
export interface Message {
  /** The octets that fitted; none at the end of a stream. */
  data: Uint8Array;
  /** Octets of the whole message; those that are not in `data` are lost. */
  length: number;
  /** MSG_TRUNC when the message was longer than the room for it; MSG_EOR with a whole record, empty ones too, but not at the end. */
  flags: number;
  /** Who sent it. */
  address: Address;
}

const { SO_RCVTIMEO, SO_SNDTIMEO, SO_ERROR } = SocketOption;
const NOBODY: Address = { address: "0.0.0.0", port: 0 };

/**
 * A socket of a board with the calls of BSD and POSIX. What can wait is a promise and waits as `setTimeout` says; several calls that
 * wait for the same are served in the order they came. What cannot wait answers at once, or throws.
 *
 * Errors are Node's own: `code` ("ECONNREFUSED"), `errno` (negated: -111), `syscall`, and `address` and `port` where they help. A call on
 * a closed socket fails with EBADF, a call that waits when it is closed with ECONNABORTED, one whose signal aborts with its reason.
 */
export class Socket extends BaseSocket implements AsyncIterable<[Socket, Address]>, AsyncDisposable {
  /** accept(2): the connection that has waited longest, and who it is from. Waits as `recv` does; what it gives is blocking. */
  accept(signal?: AbortSignal): Promise<[Socket, Address]> {
    const queue = this.core.endpoint.readers;
    return this.core.run({ syscall: "accept", queue, attempt: () => this.take(), option: SO_RCVTIMEO, signal });
  }

  private take(): [Socket, Address] | typeof AGAIN {
    const { board, fd } = this.core.descriptor;
    const at = this.core.descriptor.addressRoom();
    const accepted = board.exports.accept(fd, at);
    if (accepted === -Errno.EAGAIN) return AGAIN;
    const peer = readAddress(board.view, at);
    return [new Socket(board, this.family, this.type, this.protocol, checked("accept", accepted)), peer];
  }

  /** Accept until the socket is closed. Leaving the loop does not close it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[Socket, Address], void, void> {
    yield* this.core.descriptor.until(() => this.accept());
  }

  /**
   * connect(2). Resolves when the handshake is done, at once for sockets without one. Rejects with ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH,
   * ENETUNREACH, EALREADY, EISCONN ... When a timeout or `signal` ends the wait, the handshake goes on: close the socket to end it.
   */
  async connect(to: Address, signal?: AbortSignal): Promise<void> {
    const errno = await this.dial(to, signal, (late) => late);
    if (errno !== 0) throw systemError("connect", -errno, to);
  }

  /**
   * As `connect`, but what the network and the module say is the answer: 0, or the errno, positive as in `Errno`. As in Python, the
   * timeout of `setTimeout` is EAGAIN.
   */
  connectEx(to: Address, signal?: AbortSignal): Promise<number> {
    return this.dial(to, signal, (late) => (late === Errno.ETIMEDOUT ? Errno.EAGAIN : late));
  }

  /** connect(2) with AF_UNSPEC: a datagram socket has no peer any more. A stream rejects it with EAFNOSUPPORT: `shutdown` it. */
  disconnect(): void {
    const { board, fd } = this.core.live("connect");
    checked("connect", board.exports.connect(fd, this.core.descriptor.addressRoom()));
  }

  private async dial(to: Address, signal: AbortSignal | undefined, late: (errno: number) => number): Promise<number> {
    signal?.throwIfAborted();
    const answer = this.core.live("connect").connect(to);
    this.board.wake();
    if (answer !== -Errno.EINPROGRESS) return -answer;
    const queue = this.core.endpoint.connectors;
    const attempt = (): number | typeof AGAIN => this.outcome(to);
    return this.core.run({ syscall: "connect", queue, attempt, option: SO_SNDTIMEO, blocked: Errno.EINPROGRESS, late, signal });
  }

  /** How the handshake has ended. A connection with a full send buffer is not writable, so the module is asked again. */
  private outcome(to: Address): number | typeof AGAIN {
    const { descriptor } = this.core;
    const mask = this.ready();
    if (mask & (Poll.POLLERR | Poll.POLLHUP)) return descriptor.option(Level.SOL_SOCKET, SO_ERROR);
    if (mask & Poll.POLLOUT) return 0;
    return descriptor.connect(to) === -Errno.EALREADY ? AGAIN : 0;
  }

  /**
   * send(2) to the peer; the octets taken. Blocking, a stream takes all of them, waiting for room; with a timeout, or non-blocking, as
   * many as there is room for. A message is taken whole. Flags: MSG_DONTWAIT, MSG_MORE, MSG_OOB, MSG_EOR, MSG_NOSIGNAL (there are no
   * signals). Rejects with EPIPE, ECONNRESET, ENOTCONN, EMSGSIZE, EDESTADDRREQ ... The data may not change until it settles.
   */
  send(data: Octets, flags = 0, signal?: AbortSignal): Promise<number> {
    return transmit(this.core, { data, flags, signal });
  }

  /** Send all of it, in every mode; a timeout counts for the whole. After an error nobody knows how much was sent. */
  async sendAll(data: Octets, flags = 0, signal?: AbortSignal): Promise<void> {
    await transmit(this.core, { data, flags, signal, all: true });
  }

  /** sendto(2): send one message to `to`; its length. A stream sends to its peer, whatever `to` says. */
  sendTo(data: Octets, to: Address, flags = 0, signal?: AbortSignal): Promise<number> {
    return transmit(this.core, { data, flags, signal, to });
  }

  /**
   * recv(2): octets of a stream, `max` at most, none at its end; or a message, of which what does not fit is lost. Flags: MSG_PEEK,
   * MSG_WAITALL (of a stream: wait for all `max`; an end, an error, a timeout or an abort cut it short), MSG_DONTWAIT, MSG_OOB (never
   * waits). Rejects with ECONNRESET, ENOTCONN ...
   */
  async recv(max: number, flags = 0, signal?: AbortSignal): Promise<Uint8Array> {
    return (await receive(this.core, { syscall: "recv", max, flags, signal })).data;
  }

  /** As `recv`, into `into`: how many octets. With MSG_TRUNC the length of the whole message, though only a part of it fitted. */
  async recvInto(into: Uint8Array, flags = 0, signal?: AbortSignal): Promise<number> {
    return countOf(await receive(this.core, { syscall: "recv", max: into.length, flags, signal, into }), flags);
  }

  /** recvfrom(2): as `recv`, and who it is from; of a stream, the peer. */
  async recvFrom(max: number, flags = 0, signal?: AbortSignal): Promise<[Uint8Array, Address]> {
    const { data, from } = await receive(this.core, { syscall: "recvfrom", max, flags, signal });
    return [data, this.named(from ?? this.peer)];
  }

  /** As `recvInto`, and who it is from. */
  async recvFromInto(into: Uint8Array, flags = 0, signal?: AbortSignal): Promise<[number, Address]> {
    const received = await receive(this.core, { syscall: "recvfrom", max: into.length, flags, signal, into });
    return [countOf(received, flags), this.named(received.from ?? this.peer)];
  }

  /** recvmsg(2): as `recvFrom`, and whether all of the message fitted. */
  async recvMsg(max: number, flags = 0, signal?: AbortSignal): Promise<Message> {
    const { data, length, from, over } = await receive(this.core, { syscall: "recvmsg", max, flags, signal });
    const cut = data.length < length ? MessageFlag.MSG_TRUNC : 0;
    const end = this.type === SocketType.SOCK_SEQPACKET && !over && !cut ? MessageFlag.MSG_EOR : 0;
    return { data, length, flags: cut | end, address: this.named(from ?? this.peer) };
  }

  private get peer(): Address {
    const { board, fd, isOpen } = this.core.descriptor;
    const at = this.core.descriptor.addressRoom();
    return isOpen && board.exports.getpeername(fd, at) === 0 ? readAddress(board.view, at) : NOBODY;
  }

  /** dup(2): another descriptor for the same socket, with the same timeout. The socket ends when all of them are closed. */
  dup(): Socket {
    const { board, fd } = this.core.live("dup");
    const copy = checked("dup", board.exports.dup(fd));
    shareEndpoint(board, fd, copy);
    const socket = new Socket(board, this.family, this.type, this.protocol, copy);
    socket.setTimeout(this.getTimeout());
    return socket;
  }

  /**
   * The connection as a Duplex of node:stream, which from now on owns the socket: ending it shuts the sending half down, destroying it,
   * or its end on both sides, closes the socket. The socket has to wait: a timeout is an error of the stream.
   */
  makeStream(options?: StreamOptions): Duplex {
    return duplexOf(this, options);
  }

  /**
   * close(2). At once the descriptor is gone and whoever waits on it is rejected with ECONNABORTED. If it was the last, what was sent
   * still goes out, then FIN; octets nobody has read are answered with RST. With SO_LINGER on and some seconds, it waits until the peer
   * has acknowledged all of it, and rejects with EAGAIN after that time (a non-blocking socket does not wait). May be called twice.
   */
  close(): Promise<void> {
    return this.core.close();
  }

  /** `await using`: close it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
