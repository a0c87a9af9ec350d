import { Errno } from "../abi";
import type { Clock, Timer } from "../clock";
import type { SystemError } from "../errors";
import type { Dialler } from "./dialler";
import { allFailed, endpointError, nodeError } from "./errors";

/** An address to connect to, and what to bind to before. */
export interface Target {
  address: string;
  port: number;
  /** 4 or 6; a board has only the first. */
  family: number;
  localAddress: string | undefined;
  localPort: number | undefined;
}

/** Why an attempt came to nothing. */
interface Failure {
  error: SystemError;
  /** It did not even begin: bind(2) or connect(2) refused. */
  stage: "bind" | "connect" | "handshake";
}

/** Try one address. `done` is told how that went; what fails at once tells before this returns. */
function attempt(socket: Dialler, target: Target, done: (failure?: Failure) => void): void {
  const { address, port, family, localAddress, localPort } = target;
  if (localAddress || localPort) {
    const local = { address: localAddress ?? "0.0.0.0", port: localPort ?? 0 };
    const bound = socket._bind(local);
    if (bound < 0) return done({ error: endpointError(bound, "bind", local.address, local.port), stage: "bind" });
  }
  socket.emit("connectionAttempt", address, port, family);
  const ended = (status: number): void =>
    done(status < 0 ? { error: handshakeError(status, target), stage: "handshake" } : undefined);
  const status = family === 4 ? socket._dial({ address, port }, ended) : -Errno.EAFNOSUPPORT;
  if (status >= 0) return;
  const { address: from, port: fromPort } = socket.address();
  done({ error: endpointError(status, "connect", address, port, { address: from, port: fromPort }), stage: "connect" });
}

/** The local end is only told where the caller had chosen both of its halves. */
function handshakeError(status: number, { address, port, localAddress, localPort }: Target): SystemError {
  if (!localAddress || !localPort) return endpointError(status, "connect", address, port);
  const error = endpointError(status, "connect", address, port, { address: localAddress, port: localPort });
  return Object.assign(error, { localAddress, localPort });
}

/** Connect to the only address there is. */
export function connectTo(socket: Dialler, target: Target): void {
  attempt(socket, target, (failure) => {
    if (socket.destroyed) return;
    if (!failure) return socket._established();
    const { address, port, family } = target;
    if (failure.stage === "handshake") socket.emit("connectionAttemptFailed", address, port, family, failure.error);
    socket.destroy(failure.error);
  });
}

/** Connect to the first of several addresses that answers; each is given some time, then the next is tried. */
export class Attempts {
  private readonly errors: SystemError[] = [];
  /** The number of the attempt under way, from 1. */
  private current = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly socket: Dialler,
    private readonly clock: Clock,
    private readonly targets: Target[],
    /** Milliseconds. */
    private readonly patience: number,
  ) {}

  begin(): void {
    this.socket.autoSelectFamilyAttemptedAddresses = [];
    this.next();
  }

  private next(): void {
    this.timer?.cancel();
    const { socket } = this;
    if (!socket.connecting) return;
    const target = this.targets[this.current++];
    if (!target) return void socket.destroy(this.errors.length ? allFailed(this.errors) : timedOut());
    if (this.current > 1) socket._renew();
    socket.autoSelectFamilyAttemptedAddresses.push(`${target.address}:${target.port}`);
    const number = this.current;
    attempt(socket, target, (failure) => this.ended(number, target, failure));
    if (this.current === number && socket.connecting && number < this.targets.length) this.watch(target);
  }

  private ended(number: number, { address, port, family }: Target, failure: Failure | undefined): void {
    if (number !== this.current || this.socket.destroyed) return;
    this.timer?.cancel();
    if (!failure) return this.socket._established();
    this.errors.push(failure.error);
    if (failure.stage !== "bind") this.socket.emit("connectionAttemptFailed", address, port, family, failure.error);
    this.next();
  }

  /** The last address is given as long as it takes. */
  private watch(target: Target): void {
    this.timer = this.clock.at(this.clock.now + this.patience, () => {
      const { address, port, family } = target;
      this.socket.emit("connectionAttemptTimeout", address, port, family);
      this.errors.push(handshakeError(-Errno.ETIMEDOUT, target));
      this.next();
    });
  }
}

function timedOut(): Error {
  return nodeError(Error, "ERR_SOCKET_CONNECTION_TIMEOUT", "Socket connection timeout");
}
