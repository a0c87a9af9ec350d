import type { Link } from "./link";
import type { Profile } from "./module";
import type { Figures } from "./status";

/** What `sandwire run` runs: a board of this process, or one in the emulator. */
export interface Guest {
  /** Its size. */
  readonly profile: Profile;
  /** Power on at this end of a cable. */
  start(link: Link): Promise<Figures & { close(): unknown }>;
}
