import { Errno } from "../abi";

/**
 * Calls answer with a count, a descriptor, 0, or a negative errno with Linux's numbers. None waits: what would have to, answers
 * -EAGAIN, and an event follows when it is worth trying again.
 */

/** True for the answer "not now, an event will follow". */
// prettier-ignore
@inline export function wouldBlock(result: i32): bool { return result == -Errno.EAGAIN; }
