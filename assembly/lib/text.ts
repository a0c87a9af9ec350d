/** Static text, as `text("...")` lays it down: its length (u16), then that many octets of UTF-8. */

/** Where the octets of a text start. */
// prettier-ignore
@inline export function octets(text: usize): usize { return text + 2; }

/** How many octets a text has. */
// prettier-ignore
@inline export function size(text: usize): u32 { return load<u16>(text); }
