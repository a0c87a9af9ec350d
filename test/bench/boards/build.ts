import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { firmwareJob, perform } from "../../../host/tools/application";
import { engineParts } from "../../../host/tools/board/engines";
import { compileAll, tool, type SourceSet } from "../../../host/tools/board/toolchain";
import { lwipSource } from "../../../host/tools/lwip";
import { root, runNode } from "../../../host/tools/process";
import { isStale } from "../../../host/tools/stale";
import { nameOf, type Variant } from "./variants";

const FOLDER = "build/bench/boards";
const FIRMWARE = "test/bench/boards/firmware";
const CPU = ["-mcpu=cortex-m3", "-mthumb"];
const WARNINGS = ["-Wall", "-Wextra", "-Werror"];

/** How many segments and requests are counted. */
export interface Counts {
  segments: number;
  requests: number;
}

/** Compiles and links the firmware of a variant; its file. Rejects with an Error of one line when a tool is missing. */
export async function build(variant: Variant, counts: Counts): Promise<string> {
  const folder = join(root, FOLDER, nameOf(variant));
  mkdirSync(folder, { recursive: true });
  const sets = [frame(counts), ...(variant.stack === "lwip" ? await lwip(variant) : await sandwire(variant, folder))];
  const objects = await compileAll(
    sets,
    CPU,
    [FIRMWARE, "host/wasm3", "host/boards", "build/generated", folder],
    join(folder, "obj"),
  );
  const elf = join(folder, "bench.elf");
  const script = [
    "-nostartfiles",
    "--specs=nano.specs",
    "-Wl,--gc-sections",
    "-Wl,--no-warn-rwx-segments",
    "-T",
    `${FIRMWARE}/bench.ld`,
  ];
  await tool("gcc", [...CPU, ...script, ...objects.map(({ path }) => path), "-o", elf]);
  return elf;
}

/** The peer, the wire, the meter, and what copies memory: the same for all. */
function frame({ segments, requests }: Counts): SourceSet {
  const names = ["machine", "meter", "wire", "peer", "main"];
  return {
    owner: "bench",
    sources: [...names.map((name) => `${FIRMWARE}/${name}.c`), "host/boards/common/memory.c", "host/wasm3/checksum.c"],
    options: ["-O2", ...WARNINGS, `-DSEGMENTS=${segments}`, `-DREQUESTS=${requests}`],
  };
}

const where = ({ checksums }: Variant): string => `-DBENCH_CHECKSUMS_IN_DRIVER=${checksums === "driver" ? 1 : 0}`;

const CORE = "def inet_chksum init ip mem memp netif pbuf tcp tcp_in tcp_out timeouts udp";
const IPV4 = "etharp icmp ip4 ip4_addr ip4_frag";

async function lwip(variant: Variant): Promise<SourceSet[]> {
  const folder = join(await lwipSource(), "src");
  const options = [`-${variant.level}`, where(variant), "-I", `${FIRMWARE}/lwip`, "-I", join(folder, "include")];
  const files = [
    ...CORE.split(" ").map((name) => `core/${name}.c`),
    ...IPV4.split(" ").map((name) => `core/ipv4/${name}.c`),
    "netif/ethernet.c",
  ];
  return [
    { owner: "port", sources: [`${FIRMWARE}/lwip.c`], options: [...options, ...WARNINGS] },
    { owner: "lwip", sources: files.map((file) => relative(root, join(folder, file))), options },
  ];
}

async function sandwire(variant: Variant, folder: string): Promise<SourceSet[]> {
  const { stack, level, application } = variant;
  if (stack === "lwip") throw new Error("lwIP is no engine");
  const wasm = application === "inside" ? await benchModule() : await shippedModule();
  const { parts, embeds } = await engineParts(stack, { profile: "default", heap: 0, options: [`-${level}`] }, wasm, folder);
  const module = join(folder, "module.S");
  writeFileSync(module, moduleText(embeds ? wasm : undefined));
  const place = [where(variant), `-DBENCH_OUTSIDE=${application === "outside" ? 1 : 0}`];
  const ours = ["sandwire", "outside"].map((name) => `${FIRMWARE}/${name}.c`);
  const heap: SourceSet = { owner: "heap", sources: ["host/boards/common/heap.c"], options: ["-Os"] };
  return [
    { owner: "port", sources: [...ours, "host/wasm3/port.c"], options: [`-${level}`, ...place, ...WARNINGS] },
    ...parts,
    ...(embeds ? [heap] : []),
    { owner: "module", sources: [relative(root, module)], options: [] },
  ];
}

function moduleText(wasm: string | undefined): string {
  const octets = wasm === undefined ? "" : `  .incbin "${wasm}"\n`;
  return `  .section .rodata.module, "a"
  .balign 8
  .global sandwire_module, sandwire_module_length
sandwire_module:
${octets}module_end:
  .balign 4
sandwire_module_length:
  .word module_end - sandwire_module
`;
}

/** The stack of profile `default` with the bench's application; both need room that buffers of other connections give up. */
async function benchModule(): Promise<string> {
  const out = `${FOLDER}/application.wasm`;
  const app = `${FIRMWARE}/application.ts`;
  if (!isStale(out, ["assembly", "asconfig.json", app, "host/tools/compile.ts", "host/tools/size-transform.mjs"]))
    return join(root, out);
  const use = ["CONFIG_SCRATCH=4104", "CONFIG_BUFFERS=24576"];
  const { code, output } = await perform(firmwareJob(join(root, app), { target: "default", out: join(root, out), use }));
  if (code !== 0) throw new Error(`the bench's application does not compile\n${output.trimEnd()}`);
  return join(root, out);
}

async function shippedModule(): Promise<string> {
  const { code, output } = await runNode(["--import", "tsx", "host/tools/build.ts", "--quiet", "default"], { limit: 300_000 });
  if (code !== 0) throw new Error(`profile default does not compile\n${output.trimEnd()}`);
  return join(root, "build/sandwire.default.wasm");
}
