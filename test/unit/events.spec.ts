import { Owner } from "../../assembly/abi";
import { MAX_SOCKETS } from "../../assembly/config";
import { forget, initEvents, nextSocketOf, notify, ownerOf, setOwner } from "../../assembly/events";
import { Dice, HELD } from "./support/dice";

/** Random news, owners and readers against one array per owner. */
function queuesHold(seed: u32): i32 {
  const dice = new Dice(seed);
  const queues: Array<Array<u32>> = [];
  const owners = new StaticArray<u32>(<i32>MAX_SOCKETS);
  for (let owner = 0; owner < Owner.count; owner++) queues.push([]);
  initEvents();
  for (let step = 0; step < 500; step++) {
    const socket = dice.below(MAX_SOCKETS);
    const queue = queues[owners[socket]];
    const place = queue.indexOf(socket);
    const what = dice.below(10);
    if (what < 5) {
      notify(socket);
      if (place < 0) queue.push(socket);
    } else if (what == 5) {
      forget(socket);
      if (place >= 0) queue.splice(place, 1);
    } else if (what == 6) {
      const owner = dice.below(Owner.count);
      setOwner(socket, <Owner>owner);
      if (place >= 0) queue.splice(place, 1);
      owners[socket] = owner;
    } else {
      const owner = dice.below(Owner.count);
      const expected = queues[owner].length == 0 ? -1 : <i32>queues[owner].shift();
      if (nextSocketOf(<Owner>owner) != expected) return step;
    }
    if (ownerOf(socket) != owners[socket]) return step;
  }
  return HELD;
}

describe("the events", () => {
  it("agree with one array per owner", () => {
    for (let seed: u32 = 1; seed <= 20; seed++) expect(queuesHold(seed)).toBe(HELD, "seed " + seed.toString());
  });

  it("come in the order they happened, once for each socket", () => {
    initEvents();
    notify(2);
    notify(0);
    notify(2);
    notify(MAX_SOCKETS - 1);
    expect(nextSocketOf(Owner.Host)).toBe(2);
    expect(nextSocketOf(Owner.Host)).toBe(0);
    expect(nextSocketOf(Owner.Host)).toBe(<i32>MAX_SOCKETS - 1);
    expect(nextSocketOf(Owner.Host)).toBe(-1);
    notify(2);
    expect(nextSocketOf(Owner.Host)).toBe(2, "news after the reader has looked");
  });

  it("reach the socket's owner and nobody else", () => {
    initEvents();
    setOwner(1, Owner.Http);
    notify(1);
    notify(3);
    expect(nextSocketOf(Owner.Echo)).toBe(-1);
    expect(nextSocketOf(Owner.Http)).toBe(1);
    expect(nextSocketOf(Owner.Http)).toBe(-1);
    expect(nextSocketOf(Owner.Host)).toBe(3);
    expect(ownerOf(1)).toBe(Owner.Http);
  });

  it("of before do not reach a new owner", () => {
    initEvents();
    notify(1);
    setOwner(1, Owner.Echo);
    expect(nextSocketOf(Owner.Host)).toBe(-1);
    expect(nextSocketOf(Owner.Echo)).toBe(-1);
  });

  it("are forgotten with their socket", () => {
    initEvents();
    notify(0);
    notify(1);
    notify(2);
    forget(1);
    forget(1);
    expect(nextSocketOf(Owner.Host)).toBe(0);
    expect(nextSocketOf(Owner.Host)).toBe(2);
    expect(nextSocketOf(Owner.Host)).toBe(-1);
  });

  it("are gone after a reset, and the host owns all sockets", () => {
    setOwner(0, Owner.App);
    notify(0);
    initEvents();
    expect(nextSocketOf(Owner.App)).toBe(-1);
    expect(ownerOf(0)).toBe(Owner.Host);
  });
});
