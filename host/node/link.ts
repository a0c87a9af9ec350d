/**
 * A place where Ethernet frames go in and come out. Everything on a link is a link: losing, delaying, capturing and printing are
 * links around links.
 *
 * Frames have no frame check sequence. A frame is lent for the duration of the call: who keeps it makes a copy.
 */
export interface Link {
  /** Send one frame. Never throws: a frame that cannot be sent is lost. */
  send(frame: Uint8Array): void;
  /** Set by the user of the link: called for each frame that arrives. */
  onFrame: (frame: Uint8Array) => void;
  /** Called once when the link came to an end by itself: with an error, or null when the other side ended it in order. */
  onClose?: (error: Error | null) => void;
  /** Give back what the link holds: descriptors, sockets, timers, files. May be called twice. */
  close?(): void;
}

/** What happens to a frame; `pass` hands one on, any number of times, now or later. */
export type Passage = (frame: Uint8Array, pass: (frame: Uint8Array) => void) => void;

/** A link around `inner`: every frame sent goes through `sending`, every frame received through `receiving`. */
export function around(inner: Link, sending: Passage, receiving: Passage, closing: () => void = () => {}): Link {
  const down = (frame: Uint8Array): void => inner.send(frame);
  const up = (frame: Uint8Array): void => outer.onFrame(frame);
  const outer: Link = {
    send: (frame) => sending(frame, down),
    onFrame: () => {},
    onClose: () => {},
    close: () => {
      closing();
      inner.close?.();
    },
  };
  inner.onFrame = (frame) => receiving(frame, up);
  inner.onClose = (error) => outer.onClose?.(error);
  return outer;
}

/** What becomes of a frame: another one, or null when it is lost. */
export type Filter = (frame: Uint8Array) => Uint8Array | null;

/** Pass every frame sent through `filter` and every frame received through `back`. */
export function filtered(inner: Link, filter: Filter, back: Filter = filter): Link {
  return around(inner, passage(filter), passage(back));
}

function passage(filter: Filter): Passage {
  return (frame, pass) => {
    const kept = filter(frame);
    if (kept) pass(kept);
  };
}
