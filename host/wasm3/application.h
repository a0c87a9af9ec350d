/*
 * A C program on a device, the same on a PC (posix/main.c) and in firmware (host/boards/common/): defines this function, and is
 * linked in place of the one that only runs the device. It is called once the stack has its address. On a PC its result is the
 * program's exit code, and `arguments` are what follows the options; in firmware there are none, and it does not come back.
 */
#ifndef SANDWIRE_APPLICATION_H
#define SANDWIRE_APPLICATION_H

#include "sandwire.h"

int sw_application(sw_device *device, int count, char **arguments);

#endif
