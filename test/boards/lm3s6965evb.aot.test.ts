import { suite } from "./suite";

suite("lm3s6965evb", "aot");
