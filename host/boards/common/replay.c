/*
 * The loop of a firmware that replays. It stops at the first result that is not the recorded one; what it sends and the checksum
 * of its memory are in its report, for the one who started it to compare. The report is records of a letter and words:
 *
 *   F step interface length, octets   a frame was sent        D step recorded result   a result is another one: the end
 *   C step crc                        the memory behind it    T step length, text      a trap that was not recorded: the end
 *   M step size, octets               all of it               X length, text           it cannot be replayed: the end
 *   E steps crc                       the session's end
 *
 * The command line has three numbers: from which step and to which the checksum is taken behind every step (otherwise where the
 * session has one), and behind which step all of the memory is reported; 0 for none.
 */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "replay.h"

extern const uint8_t build_module_hash[32];

static uint8_t *memory;
static uint32_t memory_size;
static uint32_t from, to, dump;

void report(char letter, uint32_t count, const uint32_t *words) {
  files_write(&letter, 1);
  files_write(words, count * 4);
}

static _Noreturn void give_up(const char *why) {
  report('X', 1, (uint32_t[]){(uint32_t)strlen(why)});
  files_write(why, (uint32_t)strlen(why));
  files_exit(false);
}

/* From the board's exception handlers, in place of the one that starts over. */
_Noreturn void fault(const char *what, const uint32_t *registers, uint32_t status, uint32_t address) {
  (void)registers, (void)status, (void)address;
  give_up(what);
}

static void report_stop(uint32_t step, const struct sw_trap *trap) {
  uint32_t reason = (uint32_t)strlen(trap->reason), where = (uint32_t)strlen(trap->where);
  report('T', 2, (uint32_t[]){step, reason + 4 + where});
  files_write(trap->reason, reason);
  files_write(" in ", 4);
  files_write(trap->where, where);
}

static uint32_t checksum(void) { return replay_crc32(memory, session_memory_size(), 0); }

static void written(void) { frames_look(memory, memory_size); }

/* What there is to tell behind a step. */
static void report_state(uint32_t step, const struct session_entry *entry) {
  frames_report(step, entry);
  if (step >= from && step <= to) report('C', 2, (uint32_t[]){step, checksum()});
  if (step == dump) {
    report('M', 2, (uint32_t[]){step, session_memory_size()});
    files_write(memory, session_memory_size());
  }
}

static void play(sw_engine *engine, uint32_t step, struct session_entry *entry) {
  uint32_t result = sw_engine_call(engine, entry->function, entry->arguments);
  const struct sw_trap *trap = sw_engine_trapped(engine);
  bool same = entry->trapped ? trap != NULL : trap == NULL && result == entry->result;
  report_state(step, entry);
  if (same) return;
  if (trap != NULL) report_stop(step, trap);
  else report('D', 3, (uint32_t[]){step, entry->result, result});
  files_exit(true);
}

static _Noreturn void replay(sw_engine *engine) {
  uint32_t step = 0;
  struct session_entry entry;
  for (;;) {
    const char *error = session_next(&entry, written);
    if (error != NULL) give_up(error);
    if (entry.kind == SESSION_STEP) play(engine, ++step, &entry);
    if (entry.kind == SESSION_CHECKPOINT) report('C', 2, (uint32_t[]){step, checksum()});
    if (entry.kind == SESSION_END) break;
  }
  report('E', 2, (uint32_t[]){step, checksum()});
  files_exit(true);
}

static void read_command_line(void) {
  char text[48];
  files_command_line(text, sizeof text);
  char *at = text;
  from = (uint32_t)strtoul(at, &at, 10);
  to = (uint32_t)strtoul(at, &at, 10);
  dump = (uint32_t)strtoul(at, &at, 10);
}

int main(void) {
  if (!files_open("session", "report")) files_exit(false);
  read_command_line();
  const char *error = NULL;
  sw_engine *engine = sw_engine_open(build_module, build_module_size, &error);
  if (engine == NULL) give_up(error);
  memory = sw_engine_memory(engine, &memory_size);
  error = session_open(build_module_hash, memory, memory_size);
  if (error != NULL) give_up(error);
  replay(engine);
}
