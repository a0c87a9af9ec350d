import { suite } from "./suite";

suite("mps2-an385", "aot");
