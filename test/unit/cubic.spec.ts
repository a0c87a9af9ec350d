import { CongestionControl } from "../../assembly/abi";
import { now, setNow } from "../../assembly/clock";
import { climb, cubeRoot, timeTo } from "../../assembly/tcp/congestion/cubic";
import {
  chooseCongestion,
  initCongestion,
  onAcked,
  onEcnEcho,
  onLoss,
  onTimeout,
  saveCongestion,
  undoCongestion,
} from "../../assembly/tcp/congestion/control";
import { Seq } from "../../assembly/tcp/seq";
import { Flag } from "../../assembly/tcp/flags";
import { initTcbs, Tcb } from "../../assembly/tcp/tcb";
import { Dice, HELD } from "./support/dice";

/** The curve and the estimate against the formulas of RFC 9438 in floating point, which the core does not have. */

const MSS: u32 = 1460;
const RTT: u32 = 100;
const C: f64 = 0.4;

let tcb: Tcb = changetype<Tcb>(0);

/** A connection whose window is always used, after a loss with `cwnd` octets in flight, in congestion avoidance. */
function afterLoss(cwnd: u32, which: CongestionControl = CongestionControl.Cubic): void {
  initTcbs();
  setNow(5000);
  tcb = Tcb.at(0);
  tcb.mss = <u16>MSS;
  tcb.srtt = RTT << 3;
  initCongestion(tcb);
  chooseCongestion(tcb, which);
  tcb.snd.una = Seq.of(1);
  tcb.snd.max = Seq.of(1000000);
  tcb.set(Flag.CwndLimited);
  tcb.cwnd = cwnd;
  lose();
}

function lose(): void {
  onLoss(tcb, tcb.cwnd);
  tcb.cwnd = tcb.ssthresh;
}

/** The window's octets acknowledged segment by segment in one round trip. */
function round(): void {
  const segments = tcb.cwnd / MSS;
  const start = now();
  for (let i: u32 = 1; i <= segments; i++) {
    setNow(start + (RTT * i) / segments);
    onAcked(tcb, MSS);
  }
  setNow(start + RTT);
}

/** W_cubic in octets, `ms` after the stage began with `from` octets. */
function model(wMax: f64, from: f64, ms: f64): f64 {
  const k = Math.cbrt((wMax - from) / MSS / C);
  const t = ms / 1000 - k;
  return wMax + C * t * t * t * MSS;
}

function near(found: f64, wanted: f64, tolerance: f64): bool {
  return Math.abs(found - wanted) <= tolerance;
}

describe("the integer cube root", () => {
  it("is exact at and around cubes, and at the ends", () => {
    expect(cubeRoot(0)).toBe(0);
    expect(cubeRoot(1)).toBe(1);
    expect(cubeRoot(7)).toBe(1);
    expect(cubeRoot(8)).toBe(2);
    expect(cubeRoot(26)).toBe(2);
    expect(cubeRoot(27)).toBe(3);
    expect(cubeRoot(999999999)).toBe(999);
    expect(cubeRoot(1000000000)).toBe(1000);
    expect(cubeRoot(u64.MAX_VALUE)).toBe(2642245);
  });

  it("r^3 <= x < (r + 1)^3 for numbers of every length", () => {
    const dice = new Dice(1);
    let wrong = HELD;
    for (let i = 0; i < 20000; i++) {
      const x = (((<u64>dice.next()) << 32) | dice.next()) >> dice.below(64);
      const r = <u64>cubeRoot(x);
      const above = (r + 1) * (r + 1) * (r + 1);
      if (r * r * r > x || (r < 2642245 && above <= x)) wrong = i;
    }
    expect(wrong).toBe(HELD);
  });
});

describe("the curve", () => {
  it("climbs as 0.4 segments a cubed second, to an octet", () => {
    const dice = new Dice(2);
    let wrong = HELD;
    for (let i = 0; i < 20000; i++) {
      const ms = dice.below(100000);
      const mss = 64 + dice.below(1397);
      const wanted = Math.floor((C * mss * Math.pow(<f64>ms, 3)) / 1e9);
      if (!near(<f64>climb(ms, mss), wanted, 1)) wrong = i;
    }
    expect(wrong).toBe(HELD);
  });

  it("never comes down and never overflows, however long it lasts", () => {
    let last: u32 = 0;
    for (let ms: u64 = 1; ms < 1 << 33; ms += ms) {
      expect(climb(ms, MSS)).toBeGreaterThanOrEqual(last);
      last = climb(ms, MSS);
    }
    expect(last).toBeLessThan(0x80000000);
  });

  it("reaches so many octets in the time it says", () => {
    const dice = new Dice(3);
    let wrong = HELD;
    for (let i = 0; i < 20000; i++) {
      const octets = dice.next() >> (2 + dice.below(28));
      const wanted = Math.cbrt(<f64>octets / MSS / C) * 1000;
      if (!near(<f64>timeTo(octets, MSS), wanted, 1)) wrong = i;
    }
    expect(wrong).toBe(HELD);
  });
});

describe("congestion avoidance", () => {
  it("follows the model within a segment and a half: down by 0.7, back to W_max, beyond (9438-1, 9438-2, 9438-4)", () => {
    const wMax: u32 = 400 * MSS;
    afterLoss(wMax);
    expect(tcb.ssthresh).toBe(280 * MSS);
    const begun = now();
    let plateau: u32 = 0;
    for (let i = 0; i < 110; i++) {
      round();
      const wanted = model(wMax, 280 * MSS, now() - begun);
      // The window reaches in a round trip what was its target a round trip before: it lags by less than two.
      const lag = Math.abs(model(wMax, 280 * MSS, now() - begun + 2 * RTT) - wanted);
      expect(near(tcb.cwnd, wanted, 1.5 * MSS + lag)).toBe(
        true,
        i.toString() + ": " + tcb.cwnd.toString() + " is not about " + wanted.toString(),
      );
      if (near(tcb.cwnd, wMax, 2 * MSS)) plateau++;
    }
    expect(plateau).toBeGreaterThan(25);
    expect(tcb.cwnd).toBeGreaterThan(wMax + 30 * MSS);
  });

  it("never grows by more than half in a round trip, however old the stage is (9438-2)", () => {
    afterLoss(100 * MSS);
    round();
    let clock = now();
    for (let i = 0; i < 8; i++) {
      setNow((clock += 60000));
      onAcked(tcb, 1);
      const before = tcb.cwnd;
      const segments = before / MSS;
      for (let n: u32 = 0; n < segments; n++) onAcked(tcb, MSS);
      // Each acknowledgement adds its share of half of the window of the moment: e^0.5 at most.
      expect(tcb.cwnd).toBeLessThanOrEqual(<u32>(<f64>before * 1.65));
      expect(tcb.cwnd).toBeGreaterThan(before);
    }
  });

  it("an acknowledgement of much counts as much as many of little", () => {
    afterLoss(100 * MSS);
    for (let i = 0; i < 10; i++) round();
    const one = tcb.cwnd;
    afterLoss(100 * MSS);
    for (let i = 0; i < 10; i++) {
      const segments = tcb.cwnd / MSS / 2;
      const start = now();
      for (let n: u32 = 1; n <= segments; n++) {
        setNow(start + (RTT * n) / segments);
        onAcked(tcb, 2 * MSS);
      }
      setNow(start + RTT);
    }
    expect(near(tcb.cwnd, one, 2 * MSS)).toBe(true);
  });

  it("is Reno-friendly where Reno is faster: 9/17 of a segment a round trip up to cwnd_prior, then one (9438-3)", () => {
    afterLoss(20 * MSS);
    // 14 segments, 20 before the loss: at 10 ms the cubic takes 2.5 s to get back, Reno's estimate 11 round trips.
    tcb.srtt = 10 << 3;
    let rounds: u32 = 0;
    while (tcb.cwnd < 20 * MSS) {
      const segments = tcb.cwnd / MSS;
      for (let i: u32 = 0; i < segments; i++) onAcked(tcb, MSS);
      setNow(now() + 10);
      rounds++;
    }
    expect(rounds).toBeGreaterThanOrEqual(11);
    expect(rounds).toBeLessThanOrEqual(14);
    const before = tcb.cwnd;
    for (let i = 0; i < 10; i++) {
      const segments = tcb.cwnd / MSS;
      for (let n: u32 = 0; n < segments; n++) onAcked(tcb, MSS);
      setNow(now() + 10);
    }
    expect(near(tcb.cwnd, before + 10 * MSS, MSS)).toBe(true);
  });

  it("does not count time in which the window was not used, nor time in which nothing was in flight (9438-2, MN)", () => {
    afterLoss(100 * MSS);
    for (let i = 0; i < 5; i++) round();
    const used = tcb.cwnd;
    const sure = tcb.ackedOctets;
    // Twenty seconds in which the application has little to say.
    tcb.clear(Flag.CwndLimited);
    for (let i = 0; i < 200; i++) {
      setNow(now() + RTT);
      onAcked(tcb, MSS);
    }
    expect(tcb.cwnd).toBe(used);
    expect(tcb.ackedOctets).toBe(sure);
    tcb.set(Flag.CwndLimited);
    // All is acknowledged, an hour passes, and a full flight follows.
    tcb.snd.una = tcb.snd.max;
    onAcked(tcb, MSS);
    tcb.snd.una = Seq.of(1);
    setNow(now() + 3600000);
    round();
    const resumed = tcb.cwnd;
    afterLoss(100 * MSS);
    for (let i = 0; i < 6; i++) round();
    expect(near(resumed, tcb.cwnd, 2 * MSS)).toBe(true);
  });

  it("in slow start it is a segment for each acknowledgement, and the stage begins where that ends (4.10)", () => {
    afterLoss(100 * MSS);
    tcb.cwnd = 10 * MSS;
    onAcked(tcb, 10 * MSS);
    expect(tcb.cwnd).toBe(11 * MSS);
    while (tcb.cwnd < tcb.ssthresh) onAcked(tcb, MSS);
    setNow(now() + 100000);
    const begun = tcb.cwnd;
    round();
    expect(tcb.cwnd).toBeLessThan(begun + begun / 4);
  });
});

describe("a loss", () => {
  it("leaves 0.7 of what was in flight, two segments at least (9438-5)", () => {
    afterLoss(100 * MSS);
    tcb.cwnd = 100 * MSS;
    onLoss(tcb, 50 * MSS);
    expect(tcb.ssthresh).toBe(35 * MSS);
    onLoss(tcb, MSS);
    expect(tcb.ssthresh).toBe(2 * MSS);
    onLoss(tcb, 0x3fffffff);
    expect(near(tcb.ssthresh, 0.7 * 0x3fffffff, 1)).toBe(true);
  });

  it("below the last one: the next plateau is at 0.85 of it, to make room for others (9438-6)", () => {
    afterLoss(400 * MSS);
    tcb.cwnd = 300 * MSS;
    lose();
    const begun = now();
    for (let i = 0; i < 48; i++) round();
    expect(near(tcb.cwnd, 255 * MSS, MSS)).toBe(true);
    for (let i = 0; i < 30; i++) round();
    expect(near(tcb.cwnd, model(255 * MSS, 210 * MSS, now() - begun), 5 * MSS)).toBe(true);
  });

  it("found by a timeout: 0.7 too, and the next stage climbs at once (9438-7)", () => {
    afterLoss(400 * MSS);
    tcb.cwnd = 400 * MSS;
    onTimeout(tcb, 400 * MSS);
    expect(tcb.ssthresh).toBe(280 * MSS);
    tcb.cwnd = 280 * MSS;
    const begun = now();
    for (let i = 0; i < 60; i++) {
      round();
      const t = <f64>(now() - begun) / 1000;
      const wanted = 280.0 * MSS + C * t * t * t * MSS;
      const estimate = 280.0 * MSS + (9.0 / 17.0) * MSS * i;
      const lag = C * MSS * (Math.pow(t + 0.2, 3) - t * t * t);
      expect(near(tcb.cwnd, Math.max(wanted, estimate), 3 * MSS + lag)).toBe(true);
    }
  });

  it("that was none is undone, with the curve (4.9)", () => {
    afterLoss(400 * MSS);
    for (let i = 0; i < 20; i++) round();
    const cwnd = tcb.cwnd;
    const ssthresh = tcb.ssthresh;
    const at = now();
    saveCongestion(tcb);
    lose();
    expect(tcb.cwnd).toBeLessThan(cwnd);
    undoCongestion(tcb);
    expect(tcb.cwnd).toBe(cwnd);
    expect(tcb.ssthresh).toBe(ssthresh);
    for (let i = 0; i < 10; i++) round();
    expect(near(tcb.cwnd, model(400 * MSS, 280 * MSS, 3000), 3 * MSS)).toBe(true);
    expect(now() - at).toBe(10 * RTT);
  });

  it("told by a mark may leave a single segment, for what comes after it two (9438-5)", () => {
    afterLoss(100 * MSS);
    tcb.cwnd = 100 * MSS;
    onEcnEcho(tcb, 200 * MSS);
    expect(tcb.cwnd).toBe(70 * MSS);
    expect(tcb.ssthresh).toBe(70 * MSS);
    tcb.cwnd = 2 * MSS;
    onEcnEcho(tcb, MSS);
    expect(tcb.cwnd).toBe(MSS);
    expect(tcb.ssthresh).toBe(2 * MSS);
  });
});

describe("Reno", () => {
  it("halves, then grows by a segment a round trip (RFC 5681 3.1)", () => {
    afterLoss(100 * MSS, CongestionControl.Reno);
    expect(tcb.cwnd).toBe(50 * MSS);
    for (let i = 0; i < 20; i++) round();
    expect(near(tcb.cwnd, 70 * MSS, MSS)).toBe(true);
    saveCongestion(tcb);
    onTimeout(tcb, tcb.cwnd);
    undoCongestion(tcb);
    expect(near(tcb.cwnd, 70 * MSS, MSS)).toBe(true);
  });
});
