/* SPDX-License-Identifier: Apache-2.0 */
/* portfile.h: <data_dir>/port, where scripts find the port that the kernel
 * chose. */
#ifndef OAP_PORTFILE_H
#define OAP_PORTFILE_H

#include "bytes.h"

/* Replaces it whole; false: one line in error. */
bool port_file_write(const char *data_dir, uint16_t port, char *error,
		     size_t error_size) OAP_CHECKED;

#endif
