import { setNow } from "../../assembly/clock";
import { becomePatient } from "../../assembly/tcp/rack";
import { Repair, initRepair } from "../../assembly/tcp/repair";
import { Seq } from "../../assembly/tcp/seq";
import { Tcb, initTcbs } from "../../assembly/tcp/tcb";

/** Patience with reordering (RFC 8985 §6.2, step 4), where a test from the wire would have to move gigabytes. */

let tcb: Tcb = changetype<Tcb>(0);

/** [una, una + 1000) is in flight. */
function fly(una: u32): void {
  tcb.snd.una = Seq.of(una);
  tcb.snd.max = Seq.of(una + 1000);
}

describe("becoming more patient", () => {
  beforeEach(() => {
    initTcbs();
    setNow(5000);
    tcb = Tcb.at(0);
    fly(1);
    initRepair(tcb);
  });

  test("happens once for what is in flight", () => {
    const repair = Repair.of(tcb);
    becomePatient(tcb, repair);
    becomePatient(tcb, repair);
    expect<u32>(repair.reoWndMult).toBe(2);
    fly(1001);
    becomePatient(tcb, repair);
    expect<u32>(repair.reoWndMult).toBe(3);
  });

  test("also when the last time lies half of the sequence space back, or more", () => {
    const repair = Repair.of(tcb);
    becomePatient(tcb, repair);
    fly(0x80001000);
    becomePatient(tcb, repair);
    expect<u32>(repair.reoWndMult).toBe(3);
    fly(0xfffff000);
    becomePatient(tcb, repair);
    expect<u32>(repair.reoWndMult).toBe(4);
  });
});
