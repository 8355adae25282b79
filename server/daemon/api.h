/* SPDX-License-Identifier: Apache-2.0 */
/* api.h: the handlers of the router's table, one file a resource. Each gets a
 * request whose caller and body have been checked, and sees to its reply. */
#ifndef OAP_API_H
#define OAP_API_H

#include "request.h"
#include "setup_view.h"

/* api_ask.c, api_entries.c, api_enrolments.c */
void api_ask(struct request *r);
void api_entries(struct request *r);
void api_enrolments(struct request *r);
/* api_import.c */
void api_import(struct request *r);
/* api_public.c */
void api_bundle(struct request *r);
void api_status_lists(struct request *r);
void api_healthz(struct request *r);
void api_readyz(struct request *r);
/* api_metrics.c */
void api_metrics(struct request *r);
/* api_setup.c; route->what is the enum setup_kind */
void api_setup_list(struct request *r);
void api_setup_one(struct request *r);
void api_setup_add(struct request *r);
void api_setup_set(struct request *r);
void api_audit(struct request *r);
/* api_fetch.c */
void api_issuer_fetch(struct request *r);
/* Adds how it goes with fetching to an issuer, or to each of a list. */
void api_fetch_describe(struct fetcher *f, json_t *issuers);
/* api_attempts.c */
void api_attempts(struct request *r);
void api_attempt(struct request *r);
void api_attempt_reversal(struct request *r);
/* api_admission.c */
void api_attempt_admission(struct request *r);
void api_attempt_rejection(struct request *r);
/* api_trouble.c; route->what is the enum trouble */
void api_trouble(struct request *r);
/* api_quarantine.c */
void api_quarantine(struct request *r);
void api_quarantine_one(struct request *r);
void api_pass_lookup(struct request *r);
/* api_backup.c */
void api_backup(struct request *r);
/* api_reports.c */
void api_report(struct request *r);

#endif
