import { suite } from "./suite";

suite("mcimx6ul-evk", "wasm3");
