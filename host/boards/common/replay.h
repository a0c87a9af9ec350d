/*
 * A firmware that replays a recorded session (host/node/session/format.ts, docs/lockstep.md) in place of driving a network: it writes what
 * the host wrote, makes the calls, and reports what came of them. Session and report are files of the machine that runs the
 * emulator, reached by semihosting.
 */
#ifndef SANDWIRE_REPLAY_H
#define SANDWIRE_REPLAY_H

#include "engine.h"

/* ---- replay_files.c: files by semihosting ------------------------------------------------------------------------------ */

/* What the emulator was started with (-semihosting-config arg=...), words with spaces between them; "" when that does not fit. */
void files_command_line(char *text, uint32_t room);

/* Open the two files, in the folder the emulator runs in. False when one of them cannot be opened. */
bool files_open(const char *in, const char *out);

/* Read up to `length` octets: how many there were, 0 at the end. */
uint32_t files_read(uint8_t *octets, uint32_t length);

/* Add to the report. What waits is written when it fills a buffer, and at the end. */
void files_write(const void *octets, uint32_t length);

/* Write what waits, and end the emulator. */
_Noreturn void files_exit(bool good);

/* The CRC-32 of Ethernet, of octets behind those whose CRC-32 is `before`. */
uint32_t replay_crc32(const uint8_t *octets, uint32_t length, uint32_t before);

/* ---- replay_session.c: the format --------------------------------------------------------------------------------------- */

enum session_record { SESSION_STEP, SESSION_CHECKPOINT, SESSION_END };

/* A record. Reading a step has written what it writes to the memory. */
struct session_entry {
  enum session_record kind;
  enum sw_function function;
  uint32_t arguments[SW_ARGUMENTS];
  uint32_t result;
  bool trapped;
};

/* Read the header, compare it with this firmware. NULL, or what is wrong. */
const char *session_open(const uint8_t module_hash[32], uint8_t *memory, uint32_t size);

/* How much of the memory the session is about. */
uint32_t session_memory_size(void);

/* Called between the host's writes and what comes behind them. */
typedef void session_written(void);

/* Read a record; behind the last one the file has to end. NULL, or what is wrong. */
const char *session_next(struct session_entry *entry, session_written *written);

/* ---- replay_frames.c: what the module sends ---------------------------------------------------------------------------- */

/* Before a call, behind the host's writes. */
void frames_look(const uint8_t *memory, uint32_t size);

/* Behind a call: report every frame that it sent. The calls of `mac` and `init` say where to look. */
void frames_report(uint32_t step, const struct session_entry *entry);

/* Add a record to the report: a letter and words. */
void report(char letter, uint32_t count, const uint32_t *words);

#endif
