/*
 * What stands in for a controller and its cable when the driver of a port is compiled for a PC, to be put through the conformance
 * test (test/ports/). A board's folder with a mock.c takes part: its mac.c, or the files its first line names, and mock.c are
 * compiled with SW_MOCK defined. How the driver's register accesses get there is the folder's own business.
 *
 * The mock is strict: what the manual says must be so is asserted.
 */
#ifndef SANDWIRE_MOCK_H
#define SANDWIRE_MOCK_H

#include <stdbool.h>
#include <stdint.h>

/* As after power-on: registers at their reset values, no frames anywhere, the cable unplugged. */
void mock_reset(void);

/* A frame (without FCS) comes by the cable. `damaged`: its FCS is wrong. False when the controller had no room and lost it. */
bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged);

/* The next frame (without FCS) that the controller has sent by the cable, to `frame`: its length; 0 when there is none. */
uint32_t mock_take(uint8_t *frame, uint32_t room);

/* The cable is plugged in or out; speed in Mbit/s. */
void mock_cable(bool up, uint32_t speed);

#endif
