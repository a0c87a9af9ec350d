import { expect, test } from "vitest";
import { MessageFlag, Poll } from "../../host/node/abi";
import { Flag, pattern, text } from "../support/packet";
import { active, passive, type Connection } from "../support/states";
import { named, world, type World } from "../support/world";

// 3.8.5, urgent data

const { MSG_OOB } = MessageFlag;

const pending = (w: World, { fd }: Connection): boolean => (w.board.ready(fd) & Poll.POLLPRI) !== 0;

test("MUST-30: urgent data goes both ways, beside the stream as BSD has it", async () => {
  const w = await world();
  const made = passive(w);
  const { flow, fd } = made;
  flow.send({ flags: "PAU", data: text("abc"), urgent: 3 });
  w.run(100);
  flow.drain(0);
  expect(w.board.recv(fd, 10, MSG_OOB)).toEqual(text("c"));
  expect(w.board.read(fd).data).toEqual(text("ab"));
  expect(w.board.send(fd, text("xyz"), MSG_OOB)).toBe(3);
  const heard = flow.expect({ data: text("xyz") });
  expect(heard.flags & Flag.U).toBe(Flag.U);
});

test("MUST-30: or in it, with SO_OOBINLINE", async () => {
  const w = await world();
  const { flow, fd } = passive(w);
  expect(w.board.setSocket(fd, "SO_OOBINLINE", 1)).toBe(0);
  flow.send({ flags: "PAU", data: text("abc"), urgent: 3 });
  flow.data(text("def"));
  w.run(100);
  expect(w.board.read(fd).data).toEqual(text("abcdef"));
});

test.each([1, 2, 1000, 30_000, 65_535])("MUST-31: %i octets of it arrive, by a pointer that is no length", async (length) => {
  const w = await world({ profile: "host" });
  const { flow, fd } = passive(w);
  w.board.setSocket(fd, "SO_OOBINLINE", 1);
  for (let at = 0; at < length; at += 1460) {
    const data = pattern(Math.min(1460, length - at), at);
    flow.send({ flags: "AU", data, urgent: length - at });
  }
  w.run(200);
  expect(w.board.read(fd).data).toEqual(pattern(length));
});

test.each([1, 1460, 20_000, 60_000])("MUST-31: %i octets of it are sent, each segment pointing to the end", async (length) => {
  const w = await world({ profile: "host" });
  const { flow, fd } = active(w);
  const data = pattern(length);
  let sent = w.board.send(fd, data, MSG_OOB);
  let last = 0;
  for (let round = 0; round < 40 && last < length; round++) {
    for (const heard of flow.drain(20)) {
      expect(heard.flags & Flag.U).toBe(Flag.U);
      expect(heard.seq + heard.urgent).toBe(1 + length);
      last = Math.max(last, heard.seq + heard.len - 1);
    }
    flow.ack();
    w.run(5);
    if (sent < length) sent += Math.max(0, w.board.send(fd, data.subarray(sent), MSG_OOB));
  }
  expect(last).toBe(length);
});

test.each([0, 1, 500, 65_535])(
  "MUST-31: a pointer of %i beyond or before the text costs no octet of the stream",
  async (urgent) => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setSocket(fd, "SO_OOBINLINE", 1);
    flow.send({ flags: "PAU", data: text("nothing is lost"), urgent });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("nothing is lost"));
  },
);

test("MUST-32, 9293-u1: an event and POLLPRI when it is newly pending, and again when the pointer moves on", async () => {
  const w = await world();
  const made = passive(w);
  const { flow, fd } = made;
  expect(pending(w, made)).toBe(false);
  w.board.events.length = 0;
  // The announcement alone, before any of the text.
  flow.send({ flags: "AU", urgent: 50 });
  w.run(5);
  expect(w.board.events).toContain(fd);
  expect(pending(w, made)).toBe(true);
  w.board.events.length = 0;
  flow.send({ flags: "AU", urgent: 90 });
  w.run(5);
  expect(w.board.events).toContain(fd);
  w.board.events.length = 0;
  // The same again is no news.
  flow.send({ flags: "AU", urgent: 90 });
  w.run(5);
  expect(w.board.events).not.toContain(fd);
});

test("MUST-33: SIOCATMARK tells whether the mark is reached, POLLPRI whether some urgent data remains", async () => {
  const w = await world();
  const made = passive(w);
  const { flow, fd } = made;
  flow.send({ flags: "PAU", data: text("abcde"), urgent: 4 });
  w.run(100);
  expect(w.board.ioctl(fd, "SIOCATMARK")).toBe(0);
  expect(pending(w, made)).toBe(true);
  expect(w.board.recv(fd, 10)).toEqual(text("abc"));
  expect(w.board.ioctl(fd, "SIOCATMARK")).toBe(1);
  expect(w.board.recv(fd, 10, MSG_OOB)).toEqual(text("d"));
  expect(pending(w, made)).toBe(false);
  expect(w.board.recv(fd, 10)).toEqual(text("e"));
  expect(w.board.ioctl(fd, "SIOCATMARK")).toBe(0);
  expect(named(w.board.recv(fd, 10, MSG_OOB) as number)).toBe("-EINVAL");
});

test("MUST-62: the pointer is the offset of the first octet behind the urgent data, sent and received", async () => {
  const w = await world();
  const made = passive(w);
  const { flow, fd } = made;
  w.board.send(fd, text("abcd"), MSG_OOB);
  expect(flow.expect({ seq: 1, data: text("abcd") }).urgent).toBe(4);
  flow.send({ flags: "PAU", data: text("0123456789"), urgent: 5 });
  w.run(100);
  expect(w.board.recv(fd, 10, MSG_OOB)).toEqual(text("4"));
});

test("MUST-66: URG is looked at with a closed window", async () => {
  const w = await world();
  const made = passive(w);
  const { flow } = made;
  flow.data(pattern(1024)).data(pattern(1024));
  w.run(100);
  expect(flow.drain(50).at(-1)).toMatchObject({ ack: 2049, win: 0 });
  flow.send({ flags: "AU", urgent: 10 });
  w.run(5);
  expect(pending(w, made)).toBe(true);
});
