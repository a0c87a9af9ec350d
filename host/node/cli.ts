import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import {
  DEFAULT_ADDRESSES,
  parseAddress,
  parseAddresses,
  parseEngine,
  parseForward,
  parseInterface,
  parseLatency,
  parseProbability,
  parseProfile,
  parseSeed,
  type RunOptions,
} from "./cli-options";
import { parseAlso } from "./cli-also";
import { BUILD_EXAMPLES, type BuildCommand, buildFirmware } from "./cli-build";
import { DRILL_EXAMPLES, type DrillCommand, drillFiles } from "./cli-drill";
import { compareEngines, LOCKSTEP_EXAMPLES, type LockstepCommand, parseBytes, parseEngines } from "./cli-lockstep";
import { flash, FLASH_EXAMPLES, type FlashCommand } from "./cli-flash";
import { netstat, NETSTAT_EXAMPLES, type NetstatCommand, parseBoard, parseSeconds } from "./cli-netstat";
import { run } from "./cli-run";
import { ENGINES } from "./engine";
import { readBoards } from "./lockstep/boards";
import { FLAG_NAMES, OPTION_NAMES } from "../drill/config";
import { SYSTEMS } from "../drill/settings";
import { PROFILES } from "./module";

const EXAMPLES = `
Examples:
  sandwire run
      a board's web page at http://127.0.0.1:8080/
  sandwire run --forward 8080:80 --forward 7007:7
      and its echo service: printf hi | nc -q1 127.0.0.1 7007
  sandwire run --forward 8080:80 --loss 5% --reorder 10% --print --pcap run.pcapng
      over a bad cable; every frame printed, and captured for Wireshark
  sandwire run --tap sw0 --address 10.0.0.2/24
      with the kernel as its neighbour (Linux; needs root or CAP_NET_ADMIN): ping 10.0.0.2, curl http://10.0.0.2/
  unshare -Urn sh -c 'sandwire run --tap sw0 & sleep 2; curl http://10.0.0.2/; kill $!'
      the same without root, in a private network

Ctrl-C ends it.`;

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

/** What the commands do. */
interface Actions {
  run: (options: RunOptions) => Promise<void>;
  drill: (files: string[], options: DrillCommand) => Promise<void>;
  build: (app: string, options: BuildCommand) => Promise<void>;
  flash: (options: FlashCommand) => Promise<void>;
  netstat: (board: URL, options: NetstatCommand) => Promise<void>;
  lockstep: (session: string | undefined, options: LockstepCommand) => Promise<void>;
}

function program(act: Actions): Command {
  const sandwire = new Command("sandwire")
    .description("A TCP/IP stack for microcontrollers, running here as a virtual board.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  const command = sandwire
    .command("run")
    .description("run a board until Ctrl-C")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .option("--forward <HOST:BOARD>", "lead port HOST of 127.0.0.1 to port BOARD of the board; may be repeated", parseForward)
    .option("--tap <NAME>", "join the board to this TAP interface of Linux, made if it is missing", parseInterface)
    .option("--address <A/P>", "the board's address and prefix; may be repeated", parseAddresses, DEFAULT_ADDRESSES)
    .option("--gateway <G>", "the board's default gateway", parseAddress)
    .option("--pcap <FILE>", "write the board's frames to FILE (pcapng, nanoseconds; for Wireshark)")
    .option("--print", "print the board's frames, one line each")
    .option("--record <FILE>", "record all that enters the board's module, for sandwire lockstep")
    .option("--loss <P>", "lose frames, each way, with this probability", parseProbability, 0)
    .option("--duplicate <P>", "double frames", parseProbability, 0)
    .option("--reorder <P>", "let later frames overtake frames", parseProbability, 0)
    .option("--corrupt <P>", "damage frames", parseProbability, 0)
    .option("--latency <MS>", "delay frames, each way", parseLatency, 0)
    .option("--profile <P>", `the board's size: ${PROFILES.join(", ")} (default: "default")`, parseProfile)
    .option("--app <FILE.wasm>", "run this firmware, in place of the demonstration; with --board: FILE.ts")
    .option("--board <B>", "run this microcontroller board in QEMU, joined to the same cable; docs/boards.md")
    .option("--engine <E>", `what runs the module: ${ENGINES.join(", ")}`, parseEngine)
    .option("--also <E|B|B:E>", "put another board on the cable, an engine's or one in QEMU; may be repeated", parseAlso)
    .option("--console", "what is typed goes to the board's console, line by line: t traps the module, s prints statistics")
    .option("--seed <N>", "the board's entropy and the faults' chance, to repeat a run", parseSeed)
    .action(act.run);
  const others = [
    addDrill(sandwire, act),
    addBuild(sandwire, act),
    addFlash(sandwire, act),
    addNetstat(sandwire, act),
    addLockstep(sandwire, act),
  ];
  for (const each of [sandwire, command, ...others]) each.exitOverride().configureOutput({ outputError: () => undefined });
  return sandwire;
}

function addDrill(sandwire: Command, act: Actions): Command {
  const drill = sandwire
    .command("drill")
    .description("run packetdrill scripts against the stack, in virtual time")
    .argument("<script...>", "packetdrill scripts")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", DRILL_EXAMPLES)
    .addOption(new Option("--profile <SYSTEM>", "whose behaviour the scripts expect").choices(SYSTEMS).default("linux"))
    .option("--json", "print the verdicts as JSON")
    .option("-v, --verbose", "print every packet and call")
    .option("--strict", "check what packetdrill lets pass, too: timestamps")
    .option("--app <FILE.wasm>", "run this firmware, in place of the host profile's")
    .option("-D, --define <NAME=VALUE>", "let NAME in the scripts stand for VALUE; may be repeated", collect)
    .action(act.drill);
  for (const name of OPTION_NAMES.filter((each) => each !== "define")) {
    drill.addOption(new Option(FLAG_NAMES.includes(name) ? `--${name}` : `--${name} <value>`).hideHelp());
  }
  return drill;
}

function addBuild(sandwire: Command, act: Actions): Command {
  return sandwire
    .command("build")
    .description("compile an application in AssemblyScript with the stack into one module")
    .argument("<app.ts>", "the application")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", BUILD_EXAMPLES)
    .addOption(new Option("--profile <P>", `the board's size: ${PROFILES.join(", ")}`).argParser(parseProfile).default("default"))
    .option("--out <FILE.wasm>", "where the module goes (default: build/APP.PROFILE.wasm)")
    .option("--use <CONFIG_X=n>", "a knob with another value than the profile's; may be repeated", collect)
    .option("--debug", "with assertions, the trace ring and names")
    .action(act.build);
}

function addFlash(sandwire: Command, act: Actions): Command {
  return sandwire
    .command("flash")
    .description("build a microcontroller board's firmware and program the board, or start it where it is emulated only")
    .requiredOption("--board <B>", "the board; docs/boards.md")
    .option("--engine <E>", "what runs the module there: wasm3, aot", parseEngine)
    .option("--profile <P>", "another size than the board's", parseProfile)
    .option("--app <FILE.ts>", "this application, in place of the demonstration")
    .option("--dry-run", "print the command that would program the board")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", FLASH_EXAMPLES)
    .action(act.flash);
}

function addNetstat(sandwire: Command, act: Actions): Command {
  return sandwire
    .command("netstat")
    .description("show the sockets of a running board")
    .argument("[board]", "port of this machine, or address, of its status page", parseBoard, parseBoard("8080"))
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NETSTAT_EXAMPLES)
    .addOption(
      new Option("-c, --continuous [seconds]", "look again and again, every second unless said")
        .preset("1")
        .argParser(parseSeconds),
    )
    .option("--counters", "show what it has counted, by name")
    .option("--json", "print JSON, one line a look")
    .action(act.netstat);
}

function addLockstep(sandwire: Command, act: Actions): Command {
  return sandwire
    .command("lockstep")
    .description("feed the same recorded input to several engines and stop at the first difference")
    .argument("[session]", "a recorded session; without one, a transfer is recorded first")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", LOCKSTEP_EXAMPLES)
    .addOption(
      new Option("--engines <LIST>", `of ${ENGINES.join(", ")}; the first is the one compared with`)
        .argParser(parseEngines)
        .default(["v8", "wasm3"], "v8,wasm3"),
    )
    .option("--boards <LIST>", "and boards in QEMU: all, or names such as mps2-an385:aot", readBoards)
    .option("--record <FILE>", "keep the session in FILE")
    .addOption(new Option("--profile <P>", `the board's size: ${PROFILES.join(", ")}`).argParser(parseProfile).default("default"))
    .option("--app <FILE.wasm>", "this firmware, in place of the demonstration")
    .option("--bytes <N>", "octets to transfer, each way", parseBytes, 1_000_000)
    .option("--loss <P>", "lose frames, each way, with this probability", parseProbability, 0.02)
    .option("--duplicate <P>", "double frames", parseProbability, 0.02)
    .option("--reorder <P>", "let later frames overtake frames", parseProbability, 0.05)
    .option("--corrupt <P>", "damage frames", parseProbability, 0.01)
    .option("--latency <MS>", "delay frames, each way", parseLatency, 5)
    .option("--seed <N>", "the board's entropy and the faults' chance", parseSeed, 1)
    .action(act.lockstep);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Run the command line `args`; the exit code. All that goes wrong becomes one line on stderr that says what to do. */
async function main(args: string[]): Promise<number> {
  let code = 0;
  const drill = async (files: string[], options: DrillCommand): Promise<void> => void (code = await drillFiles(files, options));
  const compare = async (file: string | undefined, options: LockstepCommand): Promise<void> =>
    void (code = await compareEngines(file, options));
  const sandwire = program({
    run,
    drill,
    build: buildFirmware,
    flash: (options) => flash(options, run),
    netstat,
    lockstep: compare,
  });
  try {
    if (args.length === 0) sandwire.help();
    await sandwire.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const message = error instanceof Error ? error.message : String(error);
    const named = ["run", "drill", "build", "flash", "netstat", "lockstep"].includes(args[0] ?? "") ? `${args[0]} ` : "";
    const hint = error instanceof CommanderError ? `. Try \`sandwire ${named}--help\`.` : "";
    const line = message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
    console.error(`sandwire: ${hint ? line.replace(/\.$/, "") : line}${hint}`);
    // Of these, 1 is the verdict on something that was run.
    return ["drill", "lockstep"].includes(args[0]) ? 2 : 1;
  }
}

const code = await main(process.argv.slice(2));
// A pipe takes what was written only bit by bit; when its reader is gone, nothing more will be taken.
process.stdout.on("error", () => process.exit(code));
process.stdout.write("", () => process.exit(code));
