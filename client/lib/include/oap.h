/* SPDX-License-Identifier: Apache-2.0 */
/* oap.h: the one public header of liboap, with which makers of tills, gates
 * and kiosks honour One-Asia passes. It compiles alone, as C11 and as C++11.
 *
 * A kiosk is a directory: a device key, and a journal in which every answer
 * that a visitor was told is kept until the service has it.
 *
 *	struct oap *kiosk;
 *	struct oap_problem why;
 *	struct oap_told told;
 *	struct oap_attempt visit = OAP_ATTEMPT_INIT;
 *
 *	if (oap_open("/var/lib/oap/door-1", 0, &kiosk, &why) != OAP_OK)
 *		complain(why.text);
 *	visit.code = line;			as the scanner gave it
 *	visit.code_length = strlen(line);
 *	visit.benefit = "resident-day";
 *	visit.list = 24000;			minor units
 *	if (oap_redeem(kiosk, &visit, &told, &why) != OAP_OK)
 *		complain(why.text);
 *	else if (told.verdict_class == OAP_CLASS_ACCEPT)
 *		let_in(told.price);
 *	else
 *		explain(oap_verdict_text(told.verdict, OAP_KO));
 *
 * Texts are UTF-8 with a NUL. Those that came from passes or from the service
 * hold no control characters and none that turn the order of reading: '?'
 * stands for them. Amounts are whole minor units of an ISO 4217
 * currency (KRW and JPY have no decimals: 24000 is 24,000 won). Times are
 * milliseconds since 1970-01-01 UTC, without leap seconds.
 *
 * Errors. A function that returns enum oap_result either did all that it says
 * (OAP_OK) or tells why not in *why, which may be NULL. A verdict that turns a
 * visitor away is not an error: the function returns OAP_OK and the verdict
 * is in struct oap_told. Structs given for output are filled whole, also when
 * the function fails.
 *
 * Ownership. The library copies what it is given, and owns nothing of the
 * caller's. Pointers that it returns point to constants of the library,
 * unless said otherwise.
 *
 * Threads. Different handles are independent. One handle may be used by
 * several threads at once; calls wait for each other only for the moments in
 * which they touch the journal. On the network they do not wait for each other
 * either: oap_redeem and oap_reverse go ahead while another thread is in
 * oap_sync or oap_refresh, and four of them at a time; a fifth waits for its
 * turn within its own deadline. oap_close must come after
 * every other call on the handle has returned. Functions without a handle may
 * be called from any thread at any time. No function may be called from a
 * signal handler, and a handle does not survive fork(). The library starts
 * its threads with all signals blocked, installs no handlers, and prints
 * nothing. */
#ifndef OAP_H
#define OAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define OAP_API __attribute__((visibility("default")))
#define OAP_MUST_USE __attribute__((warn_unused_result))
#else
#define OAP_API
#define OAP_MUST_USE
#endif

/* ------------------------------------------------------------- constants */

enum oap_result {
	OAP_OK = 0,
	OAP_BAD_ARGUMENT,     /* a parameter: which one and why is in text */
	OAP_NO_DIRECTORY,     /* missing, or not readable and writable */
	OAP_IN_USE,	      /* another process has this kiosk open */
	OAP_NOT_ENROLLED,     /* enrol it first */
	OAP_ALREADY_ENROLLED, /* a directory is one kiosk for ever */
	OAP_NOT_READY,	      /* not confirmed yet, or no good bundle */
	OAP_BAD_KEY,	      /* the key file is damaged, or open to others */
	OAP_JOURNAL_FAILED,   /* the journal cannot be read or written */
	OAP_NO_NETWORK,	      /* the service could not be asked in time */
	OAP_REFUSED,	      /* the service said no */
	OAP_BAD_ANSWER,	      /* not what this version understands */
	OAP_NOT_FOUND,
	OAP_NO_MEMORY,
	OAP_WIPED,	      /* revoked: key and data are gone; text has what to do */
	OAP_FILE_FAILED,      /* it cannot be read or written */
	OAP_BAD_FILE	      /* damaged, forged, another's, or of another kind */
};

#define OAP_PROBLEM_TEXT 512
/* One line for a person: what, where, what to do. */
struct oap_problem {
	enum oap_result result;
	char text[OAP_PROBLEM_TEXT];
};

/* Numbers are a contract between cities and never change their meaning; a
 * later service may answer with one that is not in this list, which
 * oap_verdict_class then calls OAP_CLASS_UNKNOWN: treat it as a refusal. */
enum oap_verdict {
	OAP_ACCEPTED = 1,
	OAP_ACCEPTED_OFFLINE = 2,

	OAP_MALFORMED = 16,
	OAP_UNKNOWN_FORMAT = 17,
	OAP_UNSUPPORTED_VERSION = 18,
	OAP_BAD_SIGNATURE = 19,

	OAP_NOT_YET_VALID = 32,
	OAP_EXPIRED = 33,
	OAP_REVOKED = 34,
	OAP_SUSPENDED = 35,
	OAP_ISSUER_NOT_TRUSTED = 36,
	OAP_KEY_RETIRED = 37,
	OAP_KEY_COMPROMISED = 38,
	OAP_PRESENTATION_REQUIRED = 39,
	OAP_PRESENTATION_STALE = 40,
	OAP_PRESENTATION_INVALID = 41,

	OAP_ALREADY_REDEEMED = 64,
	OAP_LIMIT_REACHED = 65,
	OAP_NOT_ELIGIBLE = 66,
	OAP_BENEFIT_UNKNOWN = 67,
	OAP_BENEFIT_NOT_HERE = 68,
	OAP_BENEFIT_NOT_RUNNING = 69,
	OAP_CLOSED_NOW = 70,
	OAP_PARTY_TOO_LARGE = 71,

	OAP_UNKNOWN_KEY = 96,
	OAP_BUNDLE_STALE = 97,
	OAP_STATUS_STALE = 98,
	OAP_CLOCK_UNTRUSTED = 99,
	OAP_OFFLINE_NOT_ALLOWED = 100,
	OAP_OFFLINE_ALLOWANCE_SPENT = 101,
	OAP_VERDICT_JOURNAL_FAILED = 102,

	OAP_BUSY = 112,
	OAP_UNAVAILABLE = 113,

	OAP_DEVICE_UNKNOWN = 120,
	OAP_DEVICE_REVOKED = 121,
	OAP_ID_REUSED = 122,

	OAP_REVERSED = 128,
	OAP_ALREADY_REVERSED = 129,
	OAP_NOTHING_TO_REVERSE = 130,
	OAP_REVERSAL_NOT_ALLOWED = 131,
	OAP_REVERSAL_PENDING = 132
};

enum oap_class {
	OAP_CLASS_ACCEPT = 0,
	OAP_CLASS_REJECT_CODE,
	OAP_CLASS_REJECT_PASS,
	OAP_CLASS_REJECT_USE,
	OAP_CLASS_UNDECIDED, /* nobody knows: never say that the pass is bad */
	OAP_CLASS_RETRY,
	OAP_CLASS_DEVICE,
	OAP_CLASS_REVERSAL,
	OAP_CLASS_UNKNOWN
};

enum oap_lang { OAP_EN = 0, OAP_KO, OAP_JA, OAP_ZH };

enum oap_reason {
	OAP_REASON_MISTAKE = 0,
	OAP_REASON_VISITOR_LEFT,
	OAP_REASON_WRONG_BENEFIT,
	OAP_REASON_OTHER
};

/* Marks, as bits: what the service found beside a verdict. */
#define OAP_MARK_CONFLICT 1u
#define OAP_MARK_OUTDATED 2u
#define OAP_MARK_DISPUTED 4u
#define OAP_MARK_LATE 8u
#define OAP_MARK_QUARANTINED 16u

/* Inputs that were older than they should be, as bits. */
#define OAP_STALE_BUNDLE 1u
#define OAP_STALE_STATUS 2u

#define OAP_NO_AMOUNT INT64_C(-1)
#define OAP_NO_TIME INT64_C(-1)

/* Sizes of texts, with their NUL. */
#define OAP_KID_TEXT 17	     /* 8 bytes in hexadecimal */
#define OAP_ID_TEXT 33	     /* 16 bytes in hexadecimal */
#define OAP_NAME_ID_TEXT 33  /* of a facility, benefit or city */
#define OAP_ISS_TEXT 33	     /* of an issuer */
#define OAP_CLASS_TEXT 12    /* "adult", "youth", "child", "senior", … */
#define OAP_HINT_TEXT 25     /* initials, for a glance at an ID */
#define OAP_CURRENCY_TEXT 4  /* ISO 4217 */
#define OAP_AMOUNT_TEXT 40   /* "24,000 KRW" */
#define OAP_LOCAL_TEXT 17    /* "2026-11-23 14:05" */
#define OAP_NAME_TEXT 601    /* a name on a screen */
#define OAP_URL_TEXT 257
#define OAP_VERSION_TEXT 33

/* --------------------------------------------------------------- verdicts
 * Any thread, any time; constants are returned. */

/* "0.1.0" */
OAP_API const char *oap_version(void);
/* "already-redeemed"; "unknown" for a number that is none. */
OAP_API const char *oap_verdict_name(unsigned verdict);
OAP_API enum oap_class oap_verdict_class(unsigned verdict);
/* "reject-use", … */
OAP_API const char *oap_class_name(enum oap_class verdict_class);
/* A short sentence for the visitor, and what the person at the door does
 * next; English for a language that is out of range, "" for no verdict. */
OAP_API const char *oap_verdict_text(unsigned verdict, enum oap_lang lang);
OAP_API const char *oap_verdict_next(unsigned verdict, enum oap_lang lang);
/* Status for scripts: 0 accept, 1 reject, 3 undecided, 4 retry and device. */
OAP_API int oap_exit_status(unsigned verdict);
/* Of a tag such as "ko" or "ko-KR"; OAP_EN for one that is not known. */
OAP_API enum oap_lang oap_lang_of(const char *tag);

/* "24,000 KRW", "12.50 EUR" into text; minor units in, any thread. */
OAP_API void oap_amount_format(int64_t amount, const char *currency,
			       char text[OAP_AMOUNT_TEXT]);
/* "24000" or "12.50", major units, into minor units; refuses signs, grouping
 * and more decimals than the currency has (OAP_BAD_ARGUMENT). Any thread. */
OAP_API enum oap_result oap_amount_parse(const char *text,
					 const char *currency,
					 int64_t *amount,
					 struct oap_problem *why) OAP_MUST_USE;

/* ------------------------------------------------------------- the handle */

struct oap;

/* Make the directory (0700) when it is missing: for oap_enrol. */
#define OAP_CREATE 1u

/* Opens the kiosk in a directory, and takes it for this process. When the
 * device key is wrapped, its 32-byte wrapping key is read from the file
 * oap-kiosk.key in $CREDENTIALS_DIRECTORY (systemd's LoadCredential=). On
 * success the handle is the caller's, to be closed with oap_close; else
 * *handle is NULL. Does not touch the network. */
OAP_API enum oap_result oap_open(const char *dir, unsigned flags,
				 struct oap **handle,
				 struct oap_problem *why) OAP_MUST_USE;
/* Frees it; takes NULL. No other call may be running on it. May wait, up to
 * the deadline of a question that was given up just before. */
OAP_API void oap_close(struct oap *handle);

/* ------------------------------------------------------ enrolment, bundle */

struct oap_enrolled {
	char kiosk[OAP_KID_TEXT]; /* compare its first 8 with the service's */
	char facility[OAP_NAME_ID_TEXT];
	int pending; /* an operator must confirm; then oap_refresh */
};

/* Whether that is an enrolment code that oap_enrol would send; asks and makes
 * nothing, so that a typing error leaves no directory behind. Any thread. */
OAP_API enum oap_result oap_enrol_check(const char *code,
					struct oap_problem *why) OAP_MUST_USE;

/* Makes the device key (once), sends it with the one-time code to the service
 * that the code names, and fetches the first bundle. The same code may be sent
 * again when the answer was lost, or for the bundle alone. The code is bound
 * to the first key that used it. code: its text "OAPE1:…", CR and LF at the
 * end are dropped. OAP_NOT_READY: enrolled, but there is no bundle yet;
 * oap_refresh fetches it. Waits for the network, up to 20 s. */
OAP_API enum oap_result oap_enrol(struct oap *handle, const char *code,
				  struct oap_enrolled *out,
				  struct oap_problem *why) OAP_MUST_USE;

struct oap_refreshed {
	int changed; /* a newer bundle was verified and applied */
	uint64_t epoch;
	int64_t made_at_ms;
};

/* Fetches the bundle when it has changed; verified under the service's pinned
 * key, applied whole or not at all, never older than the one held (then
 * OAP_BAD_ANSWER, and the one held stays). One that was damaged on the disk is
 * fetched again, and still none that is older. Waits for the network, up to
 * 20 s; to be called hourly, and when oap_status says that it is damaged. One
 * that says that this kiosk is revoked makes it wipe itself: device key,
 * bundle, usage counters and sent entries are erased, and every call but
 * oap_status and oap_sync is OAP_WIPED from then on. */
OAP_API enum oap_result oap_refresh(struct oap *handle,
				    struct oap_refreshed *out,
				    struct oap_problem *why) OAP_MUST_USE;

struct oap_rolled {
	char before[OAP_KID_TEXT]; /* the key that was in use */
	char kiosk[OAP_KID_TEXT];  /* the one that is */
};

/* Gives the kiosk a new device key: sends what is unsent (OAP_NOT_READY when
 * that cannot be had), makes the key, introduces it to the service, and
 * changes over. Until that is done, whatever fails or is killed, the old key
 * goes on; called again, it goes on with the same new key. At a busy door it
 * may find no quiet moment: OAP_NOT_READY. Entries of the old key stay in the
 * journal, and visits told under it can be taken back. Waits for the network,
 * up to 20 s for each of its steps; visits go ahead meanwhile. */
OAP_API enum oap_result oap_roll(struct oap *handle, struct oap_rolled *out,
				 struct oap_problem *why) OAP_MUST_USE;

/* --------------------------------------------------------------- attempts */

struct oap_attempt {
	/* What the scanner gave: a pass or a live presentation. Need not end
	 * in a NUL; CR and LF at the end are dropped, spaces are not. */
	const char *code;
	size_t code_length;
	const char *benefit; /* its id, as in oap_benefit */
	unsigned party;	     /* persons, 1..999 */
	int64_t list;	     /* of the whole party; or OAP_NO_AMOUNT */
	unsigned deadline_ms; /* 0: the operator's; at most 5000 */
};
#define OAP_ATTEMPT_INIT { NULL, 0, NULL, 1, OAP_NO_AMOUNT, 0 }

struct oap_told {
	unsigned verdict; /* enum oap_verdict */
	enum oap_class verdict_class;
	char id[OAP_ID_TEXT];	 /* for oap_reverse; "": nothing was written */
	int by_service;		 /* the service's verdict, not a local one */
	int checked_only;	 /* oap_check: nothing was redeemed */
	int newer_bundle;	 /* the service has one: call oap_refresh soon */
	int unknown_kiosk;	 /* to the service, though its bundle has this
				  * one: call oap_sync soon */
	unsigned stale;		 /* OAP_STALE_… */
	unsigned marks;		 /* OAP_MARK_… */
	unsigned party;
	char benefit[OAP_NAME_ID_TEXT];

	/* OAP_NO_AMOUNT when not known; price = list - discount */
	int64_t list, discount, price;
	char currency[OAP_CURRENCY_TEXT];

	/* The pass, as far as it could be read: "" else. Not verified unless
	 * the verdict says so. */
	char pass_issuer[OAP_ISS_TEXT];
	char pass_class[OAP_CLASS_TEXT];
	char pass_hint[OAP_HINT_TEXT];
	int64_t pass_expires_ms;

	/* already-redeemed, limit-reached: the first use. Another facility's
	 * is told by city and time only. */
	int64_t first_use_ms; /* OAP_NO_TIME: not known */
	/* in that facility's time, or that city's; in this facility's when the
	 * bundle has neither */
	char first_use_local[OAP_LOCAL_TEXT];
	char first_use_facility[OAP_NAME_ID_TEXT];
	char first_use_city[OAP_NAME_ID_TEXT];
	uint64_t uses, limit; /* in the period; limit 0: not known */

	int64_t at_ms;		 /* when it was judged, effective time */
	char local[OAP_LOCAL_TEXT]; /* that, in this facility's time */
	/* Why the service could not be asked, or the journal not written, or
	 * ""; one line. */
	char detail[OAP_PROBLEM_TEXT];
	/* How old what it was judged by was then: the issuer's keys, its
	 * status list, and this kiosk's bundle (when it decided here);
	 * OAP_NO_TIME when there was none, or it is not known. */
	int64_t key_age_ms, status_age_ms, bundle_age_ms;
};

/* What would be said now, as far as this kiosk knows: no network, no entry,
 * nothing used. OAP_NOT_READY without a good bundle: oap_refresh fetches it. */
OAP_API enum oap_result oap_check(struct oap *handle,
				  const struct oap_attempt *attempt,
				  struct oap_told *told,
				  struct oap_problem *why) OAP_MUST_USE;

/* Asks the service, and waits for it until the deadline at most; writes the
 * signed entry durably to the journal; then returns the verdict to be told.
 * A code that is no pass, or forged, is told at once without asking.
 *
 * When the service cannot be asked in time, this kiosk decides by itself, with
 * the same rules, its bundle and the uses counted here (by_service is 0):
 * OAP_ACCEPTED_OFFLINE within what the benefit and the operator's allowance
 * let a kiosk accept alone; else a refusal, or an undecided verdict that says
 * what it cannot know. Its entry is sent later, by the next question or
 * oap_sync. So it does when the service does not know its key and the bundle
 * has it: a service that was put back to before a key roll learns of the key
 * from the next oap_sync. After a question that nobody answered the next ones
 * are decided here at once, for a second at first and half a minute at most;
 * one of them asks again then, and any answer to oap_sync ends it, too.
 *
 * When the entry cannot be written it is OAP_VERDICT_JOURNAL_FAILED, never an
 * accept. Tell the visitor exactly what is returned. Waits up to the deadline
 * and one journal write. */
OAP_API enum oap_result oap_redeem(struct oap *handle,
				   const struct oap_attempt *attempt,
				   struct oap_told *told,
				   struct oap_problem *why) OAP_MUST_USE;

/* Takes an attempt back: id is that of oap_told, or "KID/ID" for one of
 * another kiosk of this facility. Writes an entry and sends it. The verdict
 * is of OAP_CLASS_REVERSAL; OAP_REVERSAL_PENDING when the service could not
 * be asked: the entry is kept, oap_sync sends it, and tells when the service
 * refuses it. OAP_NOT_FOUND when this journal does not have the attempt. Waits
 * up to 5 s. */
OAP_API enum oap_result oap_reverse(struct oap *handle, const char *id,
				    enum oap_reason reason,
				    struct oap_told *told,
				    struct oap_problem *why) OAP_MUST_USE;

/* ----------------------------------------------------------- what is kept */

/* A reversal that was pending and that the service then refused. */
struct oap_refusal {
	uint64_t entry; /* the reversal's number in this kiosk's journal */
	char attempt[OAP_KID_TEXT + OAP_ID_TEXT]; /* "KID/ID" */
	unsigned verdict; /* why: enum oap_verdict */
	int counts; /* the visit still counts: an operator has to reverse it */
};

#define OAP_REFUSALS_MAX 16

struct oap_synced {
	uint64_t sent;	 /* entries that the service took this time */
	uint64_t unsent; /* that are left */
	uint64_t marked; /* of those sent, with a mark: see the service */
	char device[12]; /* "active", "revoked", …; "" when not told */
	/* Whatever brought the answer. They come with every call until
	 * oap_refusals_told; what does not fit comes after that. */
	unsigned refused;
	struct oap_refusal refusals[OAP_REFUSALS_MAX];
	/* After a failure: so long the service asks to be left alone, in ms;
	 * 0 when it does not say. */
	int64_t again_ms;
};

/* Sends entries that the service does not have, oldest first, at most 256 in
 * a request and four requests at a time, until none is left, each with a
 * report; with nothing to send, a report alone. What the service has lost
 * since (it was restored) is sent again. An entry leaves the queue only when
 * the service has given it a final result. Waits for the network, up to 20 s
 * for each batch; to be called every 5 minutes, and after each redemption when
 * idle. A kiosk that has wiped itself sends what it still owes, then forgets
 * that, too, and is OAP_WIPED. A service that was put back to before a key
 * roll is told of the new key again. */
OAP_API enum oap_result oap_sync(struct oap *handle, struct oap_synced *out,
				 struct oap_problem *why) OAP_MUST_USE;

/* Somebody has read them: they are forgotten. Never waits for the network. */
OAP_API void oap_refusals_told(struct oap *handle,
			       const struct oap_synced *told);

/* ------------------------------------------------- without a network */

struct oap_exported {
	uint64_t entries; /* in the file: all that the service does not have */
	uint64_t last;	  /* the number of the last entry ever written */
};

/* Writes what oap_sync would send into a file, for somebody to carry to the
 * service (oapctl import). The entries stay unsent until a receipt is
 * imported. The file is for its user alone, and there whole or not at all; one
 * of that name is replaced. While it is written, visits go on. Never waits for
 * the network. */
OAP_API enum oap_result oap_export(struct oap *handle, const char *path,
				   struct oap_exported *out,
				   struct oap_problem *why) OAP_MUST_USE;

struct oap_imported {
	int bundle_changed; /* the file's is newer, and was applied */
	int bundle_older;   /* it is older than the one held, which stays */
	uint64_t epoch;	    /* of the one held now */
	uint64_t receipts;  /* in the file */
	int64_t receipt_ms; /* service time of the last; OAP_NO_TIME: none */
	int lost; /* the service was restored, and no longer has entries that
		   * it had: they are unsent again, for another oap_export */
	/* sent: entries of which the receipts told for the first time */
	struct oap_synced synced;
};

/* Takes what came back from the service: a bundle, as oap_refresh does, and
 * receipts for entries that were exported, which leave the queue. Everything is
 * verified first, under the service's pinned key: a file that is damaged,
 * forged, or of another kiosk or service changes nothing (OAP_BAD_FILE), and
 * one that was imported before does neither. A receipt is contact with the
 * service: no time before it is believed any more. When the service holds less
 * than it said before, it was restored: what it lost is put back into the
 * queue, and receipts from before that settle nothing. Never waits for the
 * network. */
OAP_API enum oap_result oap_import(struct oap *handle, const char *path,
				   struct oap_imported *out,
				   struct oap_problem *why) OAP_MUST_USE;

/* How long a sent entry stays in the journal: days after the service was heard
 * to have it, 30 to 3650, 35 when it was never set (OAP_BAD_ARGUMENT: no such
 * number). An entry holds what was scanned, and while it is there the visit
 * can be taken back and told again to a service that was restored. Kept in the
 * directory, for whoever opens it. Entries that are not sent, and those that
 * the service would not take and did not keep aside either, are not forgotten
 * at all; others with the next calls of oap_sync or oap_import, some at a time.
 * Never waits for the network. */
OAP_API enum oap_result oap_keep(struct oap *handle, unsigned days,
				 struct oap_problem *why) OAP_MUST_USE;

/* -------------------------------------------------------------- status */

struct oap_status {
	char version[OAP_VERSION_TEXT];
	int enrolled;
	char kiosk[OAP_KID_TEXT];
	char service[OAP_KID_TEXT]; /* the service's key id */
	char url[OAP_URL_TEXT];
	char facility[OAP_NAME_ID_TEXT];
	char city[OAP_NAME_ID_TEXT];
	char currency[OAP_CURRENCY_TEXT];
	char device[12]; /* state in the bundle; "" when it is not in it */
	int rolling;	 /* a new key was made: call oap_roll again */
	int wiped;	 /* the kiosk was revoked, and knows nothing more */
	int64_t wiped_at_ms; /* OAP_NO_TIME: it was not */

	int has_bundle;
	int bundle_damaged; /* there was one: call oap_refresh */
	uint64_t epoch;
	int64_t bundle_made_at_ms, bundle_good_until_ms;
	int64_t bundle_age_ms; /* by the effective clock; OAP_NO_TIME: none */
	int64_t status_age_ms; /* of the oldest status list held */
	unsigned stale;	       /* OAP_STALE_… */
	unsigned issuers, facilities, benefits;

	uint64_t entries; /* ever written under the key in use */
	unsigned keep_days; /* for which they are kept: see oap_keep */
	uint64_t unsent;
	uint64_t oldest_unsent;	     /* seq; 0: none */
	int64_t oldest_unsent_ms;    /* its effective time */
	int64_t clock_offset_ms;     /* positive: this clock is slow */
	int clock_anchored;	     /* contact since boot, not moved since */
	int64_t last_contact_ms;     /* service time; OAP_NO_TIME: never */
	int64_t now_ms;		     /* effective */
	char local[OAP_LOCAL_TEXT];  /* now, in the facility's time */
};

/* Never waits for the network. Works on a kiosk that is not enrolled. */
OAP_API enum oap_result oap_status(struct oap *handle, struct oap_status *out,
				   struct oap_problem *why) OAP_MUST_USE;

struct oap_benefit {
	char id[OAP_NAME_ID_TEXT];
	char name[OAP_NAME_TEXT]; /* in the language asked for, or English */
	char currency[OAP_CURRENCY_TEXT];
	unsigned party_max;
	int live; /* a code shown by the holder's own key is asked for */
};

/* The benefits of this kiosk's facility in its currency, by index from 0;
 * OAP_NOT_FOUND at the end. A refresh may change them. Never waits for the
 * network. */
OAP_API enum oap_result oap_benefit(struct oap *handle, size_t index,
				    enum oap_lang lang,
				    struct oap_benefit *out,
				    struct oap_problem *why) OAP_MUST_USE;

/* A facility's name for a screen; its id when the bundle does not have it,
 * cut at whole characters when cap is too small. Never waits. */
OAP_API void oap_facility_name(struct oap *handle, const char *facility,
			       enum oap_lang lang, char *name, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
