import { suite } from "./suite";

// The minute of the others' ten seconds: the slowest of them is the one to drown.
suite("mps2-an385", "wasm3", { flood: 60_000 });
