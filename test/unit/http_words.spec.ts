import { isTokenOctet, lower } from "../../assembly/apps/http_words";
import { matched, narrow, nextWord, wordAt } from "../../assembly/apps/static";
import { decimal, dotted, hexadecimal, lengthOf } from "../../assembly/apps/numbers";
import { State } from "../../assembly/abi";

const LIST: usize = words("a", "ab", "abc", "b", "close", "closed");
const STATES: usize = namesOf(State);

/** The word of LIST that `word` is, found octet by octet. */
function find(word: string): i32 {
  let alive: u32 = 0xffff;
  for (let i = 0; i < word.length; i++) alive = narrow(LIST, alive, i, word.charCodeAt(i));
  return matched(LIST, alive, word.length);
}

function read(from: usize): string {
  return String.UTF8.decodeUnsafe(from, lengthOf(from));
}

describe("a word that arrives octet by octet", () => {
  it("is found where the list has it", () => {
    expect(find("a")).toBe(0);
    expect(find("ab")).toBe(1);
    expect(find("abc")).toBe(2);
    expect(find("b")).toBe(3);
    expect(find("close")).toBe(4);
    expect(find("closed")).toBe(5);
  });

  it("is not found when it is shorter, longer or another", () => {
    expect(find("")).toBe(-1);
    expect(find("abcd")).toBe(-1);
    expect(find("clos")).toBe(-1);
    expect(find("closer")).toBe(-1);
    expect(find("bc")).toBe(-1);
    expect(find("x")).toBe(-1);
  });
});

describe("a list of names", () => {
  it("has every member of an enum, in order, and ends", () => {
    let at = STATES;
    for (let i = 0; i <= State.TimeWait; i++) at = nextWord(at);
    expect(load<u8>(at)).toBe(0);
    expect(wordAt(STATES, 1000)).toBe(at);
    const name = wordAt(STATES, State.SynReceived);
    expect(String.UTF8.decodeUnsafe(name + 1, load<u8>(name))).toBe("SynReceived");
  });
});

describe("octets of names", () => {
  it("are letters, digits and RFC 9110's fifteen signs", () => {
    const signs = "!#$%&'*+-.^_`|~";
    for (let octet: u32 = 0; octet < 256; octet++) {
      const letter = (octet >= 65 && octet <= 90) || (octet >= 97 && octet <= 122);
      const digit = octet >= 48 && octet <= 57;
      const sign = octet > 0 && octet < 128 && signs.includes(String.fromCharCode(octet));
      expect(isTokenOctet(octet)).toBe(letter || digit || sign, octet.toString());
      expect(lower(octet)).toBe(octet >= 65 && octet <= 90 ? octet + 32 : octet);
    }
  });
});

describe("a number as text", () => {
  it("is right at its ends", () => {
    expect(read(decimal(0))).toBe("0");
    expect(read(decimal(10))).toBe("10");
    expect(read(decimal(4294967295))).toBe("4294967295");
    expect(read(decimal(u64.MAX_VALUE))).toBe("18446744073709551615");
    expect(read(dotted(0))).toBe("0.0.0.0");
    expect(read(dotted(0x0a000102))).toBe("10.0.1.2");
    expect(read(dotted(0xffffffff))).toBe("255.255.255.255");
    expect(read(hexadecimal(0))).toBe("00000000");
    expect(read(hexadecimal(0xcbf43926))).toBe("cbf43926");
  });
});
