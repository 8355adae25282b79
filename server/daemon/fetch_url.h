/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_url.h: where an issuer's document and its status lists may be fetched:
 * http://, https://, or file:/// with the absolute path of a file. */
#ifndef OAP_FETCH_URL_H
#define OAP_FETCH_URL_H

#include "bytes.h"
#include "limits.h"

/* A list's number and "/status-N.cose" stand behind a URL. */
#define FETCH_URL_MAX (URL_MAX + 24)

/* What is wrong with it, as "must …"; NULL: nothing. is_prefix: of lists,
 * whose numbers are put behind it. */
const char *fetch_url_fault(struct bytes url, bool is_prefix);
/* Whether a city's own document may name it: not a file of ours. */
bool fetch_url_is_http(struct bytes url);

/* List n below that prefix, which is good: in a folder (the prefix ends in
 * "/") it is the file status-N.cose, as oap-issuer publishes it; else list 0
 * is at the prefix itself and list n at prefix/n, like its status URI. */
void fetch_url_of_list(struct bytes prefix, size_t n,
		       char url[static FETCH_URL_MAX + 1]);
/* The path in a file:/// URL, decoded; false: it is none. */
bool fetch_url_path(const char *url, char path[static FETCH_URL_MAX + 1])
    OAP_CHECKED;

#endif
