/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h: every size and count that is bounded, and why just there.
 * Sizes are in bytes unless a name says otherwise. */
/* gcc's <limits.h> asks for "the next limits.h" from inside a quoted include,
 * finds this one, and would end there without the system's: so it is led on.
 * That is outside the guard, since it can happen at any time. */
#pragma GCC system_header /* #include_next is no ISO C */
#include_next <limits.h>

#ifndef OAP_LIMITS_H
#define OAP_LIMITS_H

#define CBOR_DEPTH_MAX 8	/* our deepest payload nests 5; it is stack */

/* Texts of the formats (messages.cddl). */
#define ISS_MAX 32	/* a host name of a city; it is in every pass */
#define NAME_ID_MAX 32	/* ids of facilities, benefits, operators */
#define URI_MAX 128	/* of a status list; it is in every pass */
#define HINT_MAX 24	/* initials, not a name */
#define NAME_TEXT_MAX 600 /* a name on a screen: 200 CJK characters */
#define VERSION_MAX 32	/* of a program, as reports carry it */
#define CURRENCY_LEN 3	/* ISO 4217 */

/* Messages. */
#define PASS_ISSUE_MAX 240	/* without cnf: QR version 11 at level M */
#define PASS_MAX 512		/* longest texts plus cnf come to under 450 */
#define SCANNED_MAX 768		/* a presentation around the longest pass */
#define CODE_MAX (5 + SCANNED_MAX / 2 * 3) /* "OAP1:" and Base45 */
#define SCAN_PREFIX_MAX 16	/* characters kept of a scan that is no code */
#define ENTRY_MAX 512		/* longest texts and grant come to under 400 */
#define QUESTION_MAX 1280	/* SCANNED_MAX and the longest texts */
#define REPORT_MAX 256		/* longest version and numbers come to 153 */
#define ENROLMENT_MAX 384	/* a roll with the longest version: 257 */
#define ISSUERDOC_MAX 65536	/* 500 keys and their list URIs */
#define STATUS_TOKEN_MAX (512 * 1024) /* 2^20 2-bit states, incompressible */
#define STATUS_INFLATED_MAX (4 * 1024 * 1024) /* 2^24 2-bit states */
#define INFLATE_ROOM 16384	/* on the stack; zlib's state takes 7,160 */
#define BUNDLE_MAX (8 * 1024 * 1024) /* a kiosk has 32 MB of memory */
#define RECEIPT_MAX (1024 * 1024) /* a file of 50,000 entries */
#define COSE_SMALL_MAX 2048	/* verified from a buffer on the stack */

/* Uploads. */
#define ITEMS_PER_UPLOAD_MAX 256	/* a busy door's hour */
#define ITEMS_PER_ASK_MAX 16	/* unsent entries of one pass at one kiosk */
#define ASK_OTHERS_MAX 4	/* of other passes: what a busy door has told
				 * since its last question; a backlog is for
				 * uploads */
#define ITEM_MAX (ENTRY_MAX + 16 + SCANNED_MAX + 16) /* salt, and heads */
#define QUARANTINE_ITEM_MAX 16384	/* kept of an item nobody could read */
#define QUARANTINE_PER_KIOSK_MAX 1000	/* so a broken kiosk fills no disk */

/* Numbers. */
#define AMOUNT_MAX INT64_C(1000000000000) /* times 10^4 fits in int64_t */
#define PARTY_MAX 999		/* a ship's tour; four digits are mistyped */
#define LIMIT_USES_MAX 1000000	/* in a period: as good as no limit */
#define ROUNDING_UNIT_MAX 1000000 /* no price goes in coarser steps */
#define BASIS_POINTS_MAX 10000	/* all of it */
#define TRANSITIONS_MAX 16	/* in 440 days; Morocco has four a year */
#define ISSUERS_PER_BENEFIT_MAX 64 /* for more, leave the list out: all */
#define FACILITIES_PER_BENEFIT_MAX 1024 /* a country's; else leave it out */
#define HOURS_PER_BENEFIT_MAX 32 /* four spans on each day of the week */
#define REVERSAL_MINUTES_MAX 1440 /* later it is an operator's to decide */
#define CLOSED_DAYS_MAX 512	/* a year's Mondays and holidays, and spare */
#define KEYS_PER_ISSUER_MAX 512	/* a new one every month for forty years */
#define LISTS_PER_ISSUER_MAX 64	/* of 2^20 passes each */
#define CURRENCIES_PER_POLICY_MAX 64 /* more than a service's facilities use */

/* Time. */
#define TIME_MS_MAX INT64_C(253402300799999) /* year 9999; sums fit int64_t */
#define TIME_S_MAX ((uint64_t)TIME_MS_MAX / 1000) /* the same in seconds */
#define CLOCK_OFFSET_MS_MAX INT64_C(3155760000000) /* a century */
#define UTC_OFFSET_MAX_S 64800	/* 18 h, as POSIX and Java bound it */
#define SKEW_DEFAULT_S 120	/* clocks set by hand, checked weekly */
#define SKEW_MAX_S 3600		/* more is a wrong time zone */
#define WINDOW_MIN_S 10		/* a slow hand before a reader */
#define WINDOW_MAX_S 3600	/* more is no live code */
#define PRESENTATION_WINDOW_DEFAULT_S 60 /* time to hold a phone to a reader */
#define DEADLINE_MAX_MS 5000	/* nobody waits longer at a door */
#define DEADLINE_DEFAULT_MS 800	/* a slow line's answer, in under 1 s */
#define DEADLINE_MIN_MS 100	/* less is asking nobody */
#define BUNDLE_RESIGN_S 21600	/* a kiosk that asks once a night has a fresh one */
#define EPOCH_AHEAD_MAX_S 86400 /* an epoch is a second, and the next one the
				 * next: a day's changes in one burst */
#define SERVICE_KEY_NOTICE_S (90 * 86400) /* as long as a bundle may hold:
					   * who has one was told */
#define BUNDLE_AGE_MIN_S (2 * BUNDLE_RESIGN_S) /* else a fresh one is stale */
#define BUNDLE_AGE_MAX_S (90 * 86400) /* a kiosk without a word for a season */
#define STATUS_CAP_MIN_S 60	/* less is over while a list travels */
#define STATUS_CAP_MAX_S (366 * 86400) /* the policy's own default is 30 days */
#define OFFLINE_USES_MAX 1000000 /* more is no allowance */
#define REPORT_TALK_MS 60000	/* a report is not longer on its way */
#define SEQ_MAX ((UINT64_C(1) << 53) - 1) /* JSON's integers are exact up to it,
					   * and no kiosk writes so many */
#define LEFT_MS_MAX 60000	/* of 5 s at most; room for more */

/* The issuing office. */
#define REF_MAX 128	/* a resident reference: a number or a UUID and spare */
#define CSV_FILE_MAX (256 * 1024 * 1024) /* millions of rows; held in memory */
#define CSV_FIELDS_MAX 32	/* we name eight columns */
#define CSV_ROW_MAX 4096	/* our longest row is under 400 */
#define ROW_FAULT_MAX 256	/* why one is refused: all are under 200 */
#define ISSUE_BATCH 8000	/* rows a commit: it fills pages of indices */
#define STATUS_CAP_DEFAULT_S (30 * 86400) /* a service trusts no list longer,
					   * unless its operator says so */
#define LIST_CAPACITY_MIN 16	/* under that an index tells who it is */
#define LIST_CAPACITY_DEFAULT (1024 * 1024) /* the most: an index hides among
				 * them, and a list of valid ones is 1 KiB */
#define LIST_CAPACITY_MAX (1024 * 1024) /* so a token fits STATUS_TOKEN_MAX */
#define PASS_DAYS_MAX 36600	/* a century: a typing error, not a life */
#define PASSPHRASE_MAX 1024	/* longer is a wrong file, not a passphrase */
#define KEYFILE_MAX 256		/* the longest form is 237 */
#define KDF_MEMORY_MAX (1024 * 1024 * 1024) /* asked for by a key file */
#define KDF_OPS_MAX 64		/* over that much memory: a minute's work */

/* What a kiosk keeps, and how it talks to its service. */
#define URL_MAX 256		/* of a service; it is in a QR code */
#define ENROLCODE_MAX 600	/* URL_MAX and 100 bytes in Base45: 546 */
#define ETAG_MAX 80		/* ours are 66: a quoted SHA-256 */
#define KIOSK_KEEP_DAYS 35	/* of a sent entry, unless the operator says
				 * another: a month's questions at the door */
#define KIOSK_KEEP_DAYS_MIN 30	/* less, and a service restored from a month's
				 * copy could not be told again */
#define KIOSK_KEEP_DAYS_MAX 3650 /* as long as books are kept */
#define KIOSK_KEEP_USES_MS (INT64_C(400) * 86400000) /* past any year's end */
#define PINS_MAX 8		/* TLS keys: present, next, and spare */
#define KIOSK_PRUNE_MAX (KIOSK_FLIGHTS * ITEMS_PER_UPLOAD_MAX) /* forgotten at
				 * once, while a visitor may wait; it keeps up
				 * with what is sent at once */
#define KIOSK_CALL_MS 20000	/* an upload or a bundle on a slow line */
#define KIOSK_REVERSE_MS 5000	/* somebody waits for it at the till */
#define KIOSK_QUESTIONS_AT_ONCE 4 /* a gate of four lanes in one program */
#define KIOSK_FLIGHTS 4 /* uploads of a backlog under way at once */
#define FORMER_LOOK_MS 3600000 /* what was lost of keys before: within the hour */
#define SYNC_LOSSES_MAX 3 /* restored once is one; more is a broken service */
#define KIOSK_UPLOADS_AT_ONCE (KIOSK_FLIGHTS + 1) /* and the bundle */
#define KIOSK_REPLY_MAX (256 * 1024) /* 256 results, every mark set: 32 KiB */
#define KIOSK_BUSY_MS 200	/* somebody reads the journal; a visitor waits */
#define KIOSK_RETRY_FIRST_MS 50	/* after a broken connection; then doubled */
#define KIOSK_PAUSE_FIRST_MS 1000 /* unasked after a miss; then doubled */
#define KIOSK_PAUSE_MAX_MS 30000 /* a line that is back is noticed soon */
#define KIOSK_RETRY_LEAST_MS 20	/* with less left, asking again is no use */

/* The ledger. */
#define ITEMS_PER_COMMIT 256	/* beside the questions, whose wait it is */
/* After a commit of GATHER_FROM jobs or more the next one waits for
 * GATHER_JOBS, GATHER_US at most: it takes a tenth off the cost of each, and
 * nobody waits for company when there is none. */
#define GATHER_FROM 8	/* fewer are no load */
#define GATHER_JOBS 64	/* as many doors at once as the bench has */
#define GATHER_US 3000	/* nobody at a door notices it */

#define PROBE_BYTES 262144	/* of a disk that was full: 64 pages, what a commit of
				 * questions may take */
#define ALARMS_PER_OBJECT_MAX 3	/* an hour, of one kind on one thing, kept in
				 * the audit trail: the first says it all */
#define ALARMS_PER_HOUR_MAX 60	/* of one kind; who sees a code used twice that
				 * often does not miss the rest */

/* Reports and searches. */
#define REPORT_DAYS_MAX 3660	/* ten years; more is a typing error */
#define SEARCH_ROWS_MAX 100000	/* looked at for a page: a third of a second */
#define ATTEMPTS_PAGE_MAX 500	/* rows of a page, under 256 KiB */
#define REVERSALS_SHOWN_MAX 100	/* of one attempt; one of them took effect */
#define ATTEMPTS_LOOKUP_MAX 1000 /* of one pass: three years of every day */

/* The daemon's HTTP side. */
#define HTTP_HEAD_MAX 16384	/* a token, a query, a browser's cookies */
#define HTTP_PATH_PARAM_MAX 40	/* an id in hex, an iss or a name id */
#define HTTP_PARAMS_MAX 16	/* a search has nine */
#define HTTP_PARAM_VALUE_MAX 256 /* a cursor; all others are shorter */
#define BODY_ASK_MAX 32768	/* a question and its ITEMS_PER_ASK_MAX */
#define BODY_ENTRIES_MAX (1024 * 1024) /* a report and three times its items */
#define BODY_IMPORT_MAX (4 * 1024 * 1024) /* as BODY_ISSUER_MAX: four full
				* uploads, or a kiosk's quiet year */
#define IMPORT_PARTS_MAX 16	/* uploads in it; a larger file is sent in
				 * several */
#define BODY_ENROLMENT_MAX 1024	/* ENROLMENT_MAX and spare */
#define BODY_JSON_MAX 65536	/* a benefit with every list at its longest */
#define BODY_ISSUER_MAX (4 * 1024 * 1024) /* a document and five full tokens */
/* Its connections: defaults and bounds of [limits] in oapd.conf. */
#define CONNECTIONS_MAX 100000	/* 17 KiB each over TLS come to 1.7 GB */
#define CONNECTIONS_DEFAULT 1000 /* a city's kiosks, at two each */
#define CONNECTIONS_HARD_DEFAULT 1200 /* 200 can be told that it is too many */
#define REQUEST_S_DEFAULT 10	/* 256 entries on a line of 64 KiB a second */
#define REQUEST_S_MAX 300	/* who takes longer is holding a place */
#define IDLE_S_DEFAULT 75	/* between visitors at a door with some */
#define IDLE_S_MAX 3600		/* an hour without a visitor; then ask anew */
#define WRITE_S_DEFAULT 15	/* a phone in a tunnel comes out again */
#define WRITE_S_MAX 300		/* nobody reads any more */
#define WRITE_KIB_S_DEFAULT 8	/* GPRS; a small bundle then takes a minute */
#define WRITE_KIB_S_MAX (1024 * 1024) /* 1 GiB/s: the fastest cards */
#define DRAIN_S_DEFAULT 10	/* systemd kills after 90 */
#define DRAIN_S_MAX 300		/* no call is given longer */
#define RECEIVING_MIB_MIN 8	/* two issuers' documents with their lists */
#define RECEIVING_MIB_DEFAULT 64 /* 64 full uploads at once */
#define RECEIVING_MIB_MAX 65536 /* 64 GiB: a large server's memory */
#define QUEUE_MAX 65536		/* jobs of some 4 KiB each */
#define QUESTIONS_DEFAULT 1024	/* what the ledger judges in a fifth of a second */
#define OTHERS_DEFAULT 256	/* uploads of 256: ten seconds of the ledger */
#define READS_MAX 4096		/* more than operators ask at once */
#define READS_DEFAULT 64	/* reports take milliseconds */
#define PASS_CACHE_MIN 64	/* less remembers nobody who comes twice */
#define PASS_CACHE_DEFAULT 65536 /* a city's visitors of a day; 4 MiB */
#define PASS_CACHE_MAX (16 * 1024 * 1024) /* 1 GiB */
#define RETENTION_DAYS_MIN 60	/* a month's statement can still be argued */
#define RETENTION_DAYS_DEFAULT 400 /* a year's limit, and a month */
#define RETENTION_DAYS_MAX 36500 /* a century: a typing error */

/* What it fetches of issuers: defaults and bounds of [fetch] in oapd.conf. */
#define FETCH_INTERVAL_S_DEFAULT 300 /* a revoked pass is known in minutes */
#define FETCH_INTERVAL_S_MAX 86400 /* less often is what nobody notices */
#define FETCH_TIMEOUT_S_DEFAULT 20 /* a full list at 26 KiB a second */
#define FETCH_TIMEOUT_S_MAX 300	/* the same over a modem */
#define FETCH_RETRY_S 30	/* after a failure; then doubled */
#define FETCH_BACKOFF_MAX_S 3600 /* a server that is gone costs nothing then */
#define FETCH_REDIRECTS_MAX 3	/* to https, to www, to where it moved */
#define FETCH_THREADS 4		/* a silent city holds up no other */
#define FETCH_WAITING_MAX 64	/* operators who ask for one at once */
#define METRICS_ISSUERS_MAX 256 /* lines of a figure; a continent's cities */
#define FETCH_VALIDATOR_MAX 256	/* an ETag; those of web servers are under 80 */

#define UPLOAD_SLICE 8		/* items checked before others get a turn */

#endif
