/* SPDX-License-Identifier: Apache-2.0 */
/* interpose.h: for a preloaded library whose functions stand before those of
 * other libraries. */
#ifndef INTERPOSE_H
#define INTERPOSE_H

#define SHOWN __attribute__((visibility("default")))

/* The next definition of a function. */
typedef void (*function)(void);
function interposed(const char *name);
#define REAL(name, type, ...) ((type(*)(__VA_ARGS__))interposed(name))

#endif
