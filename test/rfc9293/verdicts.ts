/** What is not done, or not done to the letter. */
export interface Ruling {
  verdict: "deviation" | "not applicable";
  /** Why, and for a deviation who else does so. */
  reason: string;
}

const deviation = (reason: string): Ruling => ({ verdict: "deviation", reason });
const notApplicable = (reason: string): Ruling => ({ verdict: "not applicable", reason });

const sourceRoutes = "Source routes are an attack, not a service: dropped on arrival, never sent (RFC 7126 4.3, 4.4). ";

const searching =
  "No probing for a larger MTU: after ten minutes the interface's is tried again (1191-3). Of RFC 4821 there is what finds black holes.";

/** Requirements without an entry are fulfilled, and their tests show it. A deviation has a test too: it shows what we do instead. */
export const verdicts: Record<string, Ruling> = {
  "MUST-51": deviation(sourceRoutes + "FreeBSD refuses them by default, OpenBSD always; Linux drops received ones by default."),
  "MUST-52": deviation(sourceRoutes + "FreeBSD, OpenBSD and Linux by default."),
  "MUST-53": deviation(sourceRoutes + "FreeBSD, OpenBSD and Linux by default."),
  "SHLD-24": notApplicable("No source route is ever stored (see MUST-53), so there is none to replace."),
  "MUST-56": deviation(
    "Net, host and source route unreachable (codes 0, 1, 5) end a connection that is still being opened, as on Linux and FreeBSD: " +
      "a user waiting minutes for a known answer is worse. Once it is open they never end it.",
  ),

  "6298-5": deviation(
    "The floor is 200 ms, a knob (RTO_MIN), as Linux's; FreeBSD's is 30 ms. A second is long for links of today; the ceiling is two minutes.",
  ),
  "5681-2": deviation(
    "Ten segments, 14,600 octets at most (RFC 6928), as Linux, FreeBSD, Windows and macOS; a knob (INITIAL_WINDOW).",
  ),
  "5927-4": deviation(
    "A claim that can be true is applied at once, not held back until a timeout, as Linux and FreeBSD do: half of the RFC's proposal that " +
      "needs no state. What cannot be true is dropped.",
  ),
  "4821-1": notApplicable(searching),
  "4821-2": notApplicable(searching),
  "4821-3": notApplicable(searching),
  "SHLD-13": notApplicable("A rule for applications. None of those in this project uses urgent data."),
  "SHLD-23": notApplicable("A rule for applications. None of those in this project touches the value."),
  "MAY-6": notApplicable("Optional, not offered: probes never carry an octet (SHLD-12)."),
  "MAY-9": notApplicable("Optional, not offered: IP_RECVTOS is not there for streams."),
  "MAY-10": notApplicable("Optional, not offered: the option is ignored (MUST-50)."),
  "MAY-11": notApplicable("Optional, not offered: the option is ignored (MUST-50)."),
  "MAY-14": notApplicable("Optional, and absent from the BSD calls: SO_LINGER of zero seconds and close is what comes nearest."),
  "MAY-15": notApplicable("Optional, and absent from the BSD calls: PSH follows MUST-61."),
  "MAY-17": notApplicable("Optional, and absent from the BSD calls: everything received can be read at once."),
  "8899-1": notApplicable("Path MTU discovery for datagrams, which is UDP's; optional, and not done."),
  "8899-2": notApplicable("Path MTU discovery for datagrams, which is UDP's; optional, and not done."),
  "8899-3": notApplicable("Path MTU discovery for datagrams, which is UDP's; optional, and not done."),
};
