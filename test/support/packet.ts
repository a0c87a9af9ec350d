/** Raw frames, built and taken apart. A second opinion: nothing here is shared with the core or with the host's printer. */

export * from "./build";
export * from "./octets";
export * from "./parse";
