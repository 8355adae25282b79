/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_ledger.c: the ledger's tables, and the rows of attempts.
 *
 * Times are milliseconds since 1970 UTC (…_ms) or seconds (…_s); days are
 * local dates 10000*y + 100*m + d, months 100*y + m; amounts are minor units;
 * verdicts, classes, marks and reasons are the numbers of messages.cddl.
 *
 * device	a kiosk as a sender, and its last report. entries: how many of
 *		its entries are held; quarantined: rows in quarantine with raw.
 *		oldest_unsent NULL: it has sent everything; reported_ms NULL:
 *		no report yet. at_ms + offset_ms is its own time.
 * run		what is held of a kiosk's chain: seqs first..last without a
 *		gap. prev is that of the first, hash that of the last entry.
 *		What lies between two runs (or before the first) is a gap:
 *		open while device.oldest_unsent is not past it, else missing.
 * fork		an entry whose seq is held already (kind 0), or whose prev is
 *		not the hash of the entry before it (kind 1); kept all the
 *		same, and shown with the place.
 * counter	uses of a pass for a benefit in a period (and at a facility,
 *		or facility ''). per: 0 day, 1 month, 2 year, 3 lifetime;
 *		period as benefit_period; per -1: counts nothing, but groups
 *		attempts for a benefit or place that the service does not
 *		know. All attempts of a pass: counter.pass = ?, joined with
 *		attempt.counter = counter.n. conflicts: open ones. last_exp_s:
 *		the latest end of validity of a pass that was seen with it.
 * attempt	one presentation of a pass for a benefit; n rises in the order
 *		of first receipt. kiosk -> device.n. answer: the service's
 *		verdict (0: not asked), told: the kiosk's (0: no entry yet);
 *		what reports go by is told, or answer while told is 0.
 *		counts: 1 when it is a redemption. given_up: an answer that
 *		reached nobody. judgement, admission: enums of counts.h; in no
 *		total when told accepts and (admission = 2, or judgement = 4
 *		and admission = 0). dispute: why (enum dispute). marks: bits. flags: 1 an id was used twice.
 *		online: the service's answer stands behind it. class -1 and
 *		issuer '': no pass could be read. list, discount NULL: none.
 *		asked_ms, received_ms: when it was judged, when the last
 *		evidence of it came; day and hour: of effective_ms at the
 *		facility; month: booked in. uses, use_limit, stale, first_…:
 *		the stored answer. scanned NULL: purged.
 * entry	the signed entry of an attempt, with its salt.
 * reversal	signed entries that take an attempt back; result is a verdict
 *		(132: pending, the attempt is not known yet). kid: the signer.
 * shown	live presentations: (pass, iat) and the attempt they were in.
 * purge	how far old attempts and counters have been looked through
 *		(see store_sqlite_purge.c); purge_kept: attempts that were old
 *		and had a reason to stay whole.
 * probe	bytes of no meaning, written to see whether the disk takes them.
 * conflict	a use beyond the limit, on the attempt that came last; open
 *		while closed_ms is NULL. What it conflicts with: the earliest
 *		other attempt of the counter that counts (view open_conflict).
 * quarantine	items nobody could read (kind 0), and other bytes under an id
 *		that is taken (kind 1).
 * waiting	what came before entries of lower seqs that are still to come,
 *		and is judged in its turn (order.h): kind 0 contact with the
 *		service before that seq, 1 an entry, 2 one with a grant, 3 an
 *		accept told offline (of -> attempt.n), 4 a reversal (of ->
 *		reversal.n); else of is 0. How far that has come is
 *		in device: order_seq, up to which all is judged; order_ms, the
 *		latest undisputed effective time of that; order_uses,
 *		order_amount (in order_currency), what was accepted offline
 *		since the last contact.
 * total	sums for reports; day and month and hour as in attempt.
 *		redemptions are counting, refused attempts those with a
 *		verdict that does not accept.
 * hourly	attempts by (local day, hour, facility, accept or refused). */
#include <string.h>

#include "store_ledger.h"
#include "store_sqlite.h"

const char *const store_ledger_schema_1[] = {
    "CREATE TABLE device (n INTEGER PRIMARY KEY, kid BLOB NOT NULL UNIQUE,"
    " entries INTEGER NOT NULL, quarantined INTEGER NOT NULL,"
    " reported_ms INTEGER, at_ms INTEGER, offset_ms INTEGER, epoch INTEGER,"
    " next_seq INTEGER, oldest_unsent INTEGER, queue_depth INTEGER,"
    " version TEXT) STRICT",
    "CREATE TABLE run (kiosk INTEGER NOT NULL REFERENCES device(n),"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, prev BLOB NOT NULL,"
    " hash BLOB NOT NULL, PRIMARY KEY (kiosk, first)) STRICT, WITHOUT ROWID",
    "CREATE TABLE fork (n INTEGER PRIMARY KEY,"
    " kiosk INTEGER NOT NULL REFERENCES device(n), seq INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, hash BLOB NOT NULL,"
    " received_ms INTEGER NOT NULL) STRICT",
    "CREATE TABLE counter (n INTEGER PRIMARY KEY, pass BLOB NOT NULL,"
    " benefit TEXT NOT NULL, facility TEXT NOT NULL, per INTEGER NOT NULL,"
    " period INTEGER NOT NULL, uses INTEGER NOT NULL,"
    " use_limit INTEGER NOT NULL, conflicts INTEGER NOT NULL,"
    " last_exp_s INTEGER NOT NULL,"
    " UNIQUE (pass, benefit, facility, per, period)) STRICT",
    "CREATE TABLE attempt (n INTEGER PRIMARY KEY,"
    " kiosk INTEGER NOT NULL REFERENCES device(n), id BLOB NOT NULL,"
    " counter INTEGER REFERENCES counter(n), counts INTEGER NOT NULL,"
    " answer INTEGER NOT NULL, told INTEGER NOT NULL,"
    " given_up INTEGER NOT NULL, judgement INTEGER NOT NULL,"
    " admission INTEGER NOT NULL, reversed_ms INTEGER,"
    " marks INTEGER NOT NULL, flags INTEGER NOT NULL,"
    " online INTEGER NOT NULL, facility TEXT NOT NULL,"
    " benefit TEXT NOT NULL, issuer TEXT NOT NULL, class INTEGER NOT NULL,"
    " currency TEXT NOT NULL, party INTEGER NOT NULL, list INTEGER,"
    " discount INTEGER, reversal_minutes INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, offset_ms INTEGER NOT NULL,"
    " left_ms INTEGER NOT NULL, effective_ms INTEGER NOT NULL,"
    " asked_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " day INTEGER NOT NULL, month INTEGER NOT NULL, hour INTEGER NOT NULL,"
    " uses INTEGER NOT NULL, use_limit INTEGER NOT NULL,"
    " stale INTEGER NOT NULL, first_ms INTEGER, first_facility TEXT,"
    " shown_s INTEGER, scanned BLOB) STRICT",
    /* Ids rise with time, so new ones all go to one end; kiosks do not. */
    "CREATE UNIQUE INDEX attempt_id ON attempt (id, kiosk)",
    "CREATE INDEX attempt_counter ON attempt (counter)"
    " WHERE counter IS NOT NULL",
    /* Searches go by days; most rows are of the latest. */
    "CREATE INDEX attempt_day ON attempt (day)",
    "CREATE INDEX attempt_unconfirmed ON attempt (kiosk, counter)"
    " WHERE told = 0 AND counts = 1",
    "CREATE TABLE entry (attempt INTEGER PRIMARY KEY REFERENCES attempt(n),"
    " seq INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " message BLOB NOT NULL, salt BLOB) STRICT",
    "CREATE TABLE reversal (n INTEGER PRIMARY KEY, kid BLOB NOT NULL,"
    " id BLOB NOT NULL, of_kid BLOB NOT NULL, of_id BLOB NOT NULL,"
    " operator TEXT, facility TEXT NOT NULL, reason INTEGER NOT NULL,"
    " effective_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " result INTEGER NOT NULL, message BLOB NOT NULL,"
    " UNIQUE (id, kid)) STRICT",
    "CREATE INDEX reversal_of ON reversal (of_id, of_kid)",
    "CREATE INDEX reversal_pending ON reversal (of_id, of_kid)"
    " WHERE result = 132",
    "CREATE TABLE shown (pass BLOB NOT NULL, iat_s INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL REFERENCES attempt(n),"
    " PRIMARY KEY (pass, iat_s, attempt)) STRICT, WITHOUT ROWID",
    "CREATE TABLE conflict (n INTEGER PRIMARY KEY,"
    " counter INTEGER NOT NULL REFERENCES counter(n),"
    " attempt INTEGER NOT NULL REFERENCES attempt(n),"
    " opened_ms INTEGER NOT NULL, closed_ms INTEGER) STRICT",
    "CREATE INDEX conflict_open ON conflict (counter)"
    " WHERE closed_ms IS NULL",
    "CREATE INDEX conflict_counter ON conflict (counter)",
    "CREATE TABLE purge (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " attempt INTEGER NOT NULL, kept INTEGER NOT NULL,"
    " counter INTEGER NOT NULL) STRICT",
    "INSERT INTO purge VALUES (1, 0, 0, 0)",
    "CREATE TABLE probe (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " bytes BLOB NOT NULL) STRICT",
    "CREATE TABLE purge_kept (attempt INTEGER PRIMARY KEY"
    " REFERENCES attempt(n)) STRICT",
    "CREATE VIEW open_conflict AS SELECT c.n, c.counter, c.attempt,"
    " c.opened_ms, (SELECT a.n FROM attempt a WHERE a.counter = c.counter"
    "  AND a.counts = 1 AND a.n <> c.attempt"
    "  ORDER BY a.effective_ms, a.n LIMIT 1) AS earliest"
    " FROM conflict c WHERE c.closed_ms IS NULL",
    "CREATE TABLE quarantine (n INTEGER PRIMARY KEY,"
    " kiosk INTEGER NOT NULL REFERENCES device(n), kind INTEGER NOT NULL,"
    " hash BLOB NOT NULL, received_ms INTEGER NOT NULL, raw BLOB NOT NULL,"
    " UNIQUE (kiosk, hash)) STRICT",
    "CREATE INDEX quarantine_raw ON quarantine (received_ms)"
    " WHERE length(raw) > 0",
    "CREATE TABLE total (day INTEGER NOT NULL, month INTEGER NOT NULL,"
    " facility TEXT NOT NULL, benefit TEXT NOT NULL, issuer TEXT NOT NULL,"
    " class INTEGER NOT NULL, verdict INTEGER NOT NULL,"
    " online INTEGER NOT NULL, currency TEXT NOT NULL,"
    " attempts INTEGER NOT NULL, counting INTEGER NOT NULL,"
    " persons INTEGER NOT NULL, list INTEGER NOT NULL,"
    " discount INTEGER NOT NULL, without_price INTEGER NOT NULL,"
    " reversed INTEGER NOT NULL, conflicts INTEGER NOT NULL,"
    " PRIMARY KEY (day, month, facility, benefit, issuer, class, verdict,"
    " online, currency)) STRICT, WITHOUT ROWID",
    "CREATE TABLE hourly (day INTEGER NOT NULL, hour INTEGER NOT NULL,"
    " facility TEXT NOT NULL, accepted INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL,"
    " PRIMARY KEY (day, hour, facility, accepted)) STRICT, WITHOUT ROWID",
    NULL};

/* A place is free again when its bytes are purged. */
const char *const store_ledger_schema_2[] = {
    "UPDATE device SET quarantined = (SELECT count(*) FROM quarantine"
    " WHERE kiosk = device.n AND length(raw) > 0)",
    NULL};

/* What makes a list of disputes short to find, and what judging in the order
 * of writing wants. */
const char *const store_ledger_schema_3[] = {
    "ALTER TABLE attempt ADD COLUMN dispute INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX attempt_disputed ON attempt (n)"
    " WHERE judgement = 4 AND admission = 0",
    "ALTER TABLE device ADD COLUMN order_seq INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE device ADD COLUMN order_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE device ADD COLUMN order_uses INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE device ADD COLUMN order_amount INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE device ADD COLUMN order_currency TEXT NOT NULL DEFAULT ''",
    "UPDATE device SET order_seq = coalesce((SELECT last FROM run"
    " WHERE run.kiosk = device.n AND run.first = 1), 0)",
    "CREATE TABLE waiting (kiosk INTEGER NOT NULL REFERENCES device(n),"
    " seq INTEGER NOT NULL, kind INTEGER NOT NULL, attempt INTEGER,"
    " at_ms INTEGER NOT NULL, uses_max INTEGER NOT NULL,"
    " amount_max INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " PRIMARY KEY (kiosk, seq, kind)) STRICT, WITHOUT ROWID",
    NULL};

/* Entries of one seq wait beside each other; and what one kiosk or one pass
 * can make much of is found by an index. */
const char *const store_ledger_schema_5[] = {
    "CREATE TABLE turn (kiosk INTEGER NOT NULL REFERENCES device(n),"
    " seq INTEGER NOT NULL, kind INTEGER NOT NULL, of INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, uses_max INTEGER NOT NULL,"
    " amount_max INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " PRIMARY KEY (kiosk, seq, kind, of)) STRICT, WITHOUT ROWID",
    "INSERT INTO turn SELECT kiosk, seq,"
    " CASE WHEN attempt IS NULL THEN kind ELSE 3 END,"
    " coalesce(attempt, 0), at_ms, uses_max, amount_max, received_ms"
    " FROM waiting",
    "DROP TABLE waiting",
    "ALTER TABLE turn RENAME TO waiting",
    "CREATE INDEX waiting_received ON waiting (received_ms)",
    "DROP INDEX attempt_counter",
    "CREATE INDEX attempt_counter ON attempt (counter, counts, effective_ms)"
    " WHERE counter IS NOT NULL",
    "DROP INDEX attempt_unconfirmed",
    "CREATE INDEX attempt_unconfirmed ON attempt (kiosk, counter, asked_ms)"
    " WHERE told = 0 AND counts = 1",
    "CREATE INDEX fork_of ON fork (kiosk, seq)",
    "CREATE INDEX audit_of ON audit (action, object, at_ms)"
    " WHERE alarm = 1",
    NULL};

#define COLUMNS                                                              \
	"n, kiosk, id, counter, counts, answer, told, given_up, judgement, " \
	"admission, reversed_ms, marks, flags, online, facility, benefit, "  \
	"issuer, class, currency, party, list, discount, reversal_minutes, " \
	"at_ms, offset_ms, left_ms, effective_ms, asked_ms, received_ms, "   \
	"day, month, hour, uses, use_limit, stale, first_ms, "               \
	"first_facility, shown_s, scanned IS NULL, dispute"
/* The first column after them. */
#define COLUMNS_COUNT 40

static void read_facts(sqlite3_stmt *q, struct attempt *a)
{
	a->counts = column_i64(q, 4);
	a->facts.answer = (enum verdict)column_i64(q, 5);
	a->facts.told = (enum verdict)column_i64(q, 6);
	a->facts.given_up = column_i64(q, 7);
	a->facts.judgement = (enum judgement)column_i64(q, 8);
	a->facts.admission = (enum admission)column_i64(q, 9);
	a->facts.reversed = column_has(q, 10);
	a->reversed_ms = column_i64(q, 10);
	a->marks = (unsigned)column_i64(q, 11);
	a->flags = (unsigned)column_i64(q, 12);
	a->online = column_i64(q, 13);
}

static void read_subject(sqlite3_stmt *q, struct attempt *a)
{
	column_string(q, 14, a->facility, sizeof a->facility);
	column_string(q, 15, a->benefit, sizeof a->benefit);
	column_string(q, 16, a->issuer, sizeof a->issuer);
	a->class = (int)column_i64(q, 17);
	column_string(q, 18, a->currency, sizeof a->currency);
	a->party = (uint32_t)column_i64(q, 19);
	a->has_list = column_has(q, 20);
	a->list = column_i64(q, 20);
	a->has_discount = column_has(q, 21);
	a->discount = column_i64(q, 21);
	a->reversal_minutes = (uint32_t)column_i64(q, 22);
}

static void read_times(sqlite3_stmt *q, struct attempt *a)
{
	a->at_ms = column_i64(q, 23);
	a->offset_ms = column_i64(q, 24);
	a->left_ms = (uint32_t)column_i64(q, 25);
	a->effective_ms = column_i64(q, 26);
	a->asked_ms = column_i64(q, 27);
	a->received_ms = column_i64(q, 28);
	a->day = (int32_t)column_i64(q, 29);
	a->month = (int32_t)column_i64(q, 30);
	a->hour = (int)column_i64(q, 31);
}

static void read_attempt(sqlite3_stmt *q, struct attempt *a)
{
	memset(a, 0, sizeof *a);
	a->n = column_i64(q, 0);
	a->kiosk = column_i64(q, 1);
	column_copy(q, 2, a->id, sizeof a->id);
	a->counter = column_i64(q, 3);
	read_facts(q, a);
	read_subject(q, a);
	read_times(q, a);
	a->uses = (uint64_t)column_i64(q, 32);
	a->limit = (uint64_t)column_i64(q, 33);
	a->stale = (unsigned)column_i64(q, 34);
	a->has_first = column_has(q, 35);
	a->first_ms = column_i64(q, 35);
	column_string(q, 36, a->first_facility, sizeof a->first_facility);
	a->has_shown = column_has(q, 37);
	a->shown_s = column_i64(q, 37);
	a->purged = column_i64(q, 38) != 0;
	a->dispute = (unsigned)column_i64(q, 39);
}

/* For a query that selects COLUMNS: its one row, and the end of it. */
static enum store_result one_attempt(struct store *s, sqlite3_stmt *q,
                                     struct attempt *out)
{
	enum store_result r = store_step(s, q);

	if (r == STORE_OK)
		read_attempt(q, out);
	store_end(q);
	return r;
}

enum store_result store_attempt_find(struct store *s, int64_t kiosk,
                                     const uint8_t id[static 16],
                                     struct bytes scanned, struct attempt *out,
                                     bool *same_scan)
{
	sqlite3_stmt *q = store_sql(s, "SELECT " COLUMNS ", scanned"
	                               " FROM attempt"
	                               " WHERE id = ?1 AND kiosk = ?2");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, id, 16);
	bind_i64(q, 2, kiosk);
	r = store_step(s, q);
	if (r == STORE_OK) {
		read_attempt(q, out);
		*same_scan =
		    out->purged ||
		    bytes_equal(column_blob(q, COLUMNS_COUNT), scanned);
	}
	store_end(q);
	return r;
}

enum store_result store_attempt_get(struct store *s, int64_t n,
                                    struct attempt *out)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT " COLUMNS " FROM attempt WHERE n = ?1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, n);
	return one_attempt(s, q, out);
}

static void bind_facts(struct store *s, sqlite3_stmt *q,
                       const struct attempt *a)
{
	bind_i64(q, 5, a->facts.answer);
	bind_i64(q, 6, a->facts.told);
	bind_i64(q, 7, a->facts.given_up);
	bind_i64(q, 8, a->facts.judgement);
	bind_i64(q, 9, a->facts.admission);
	bind_maybe(q, 10, a->facts.reversed, a->reversed_ms);
	bind_i64(q, 11, a->marks);
	bind_i64(q, 12, a->flags);
	bind_i64(q, 13, a->online);
	bind_i64(q, 39, a->dispute);
	if (a->facts.judgement == JUDGEMENT_DISPUTED)
		s->none_troubled = false;
}

static void bind_times(sqlite3_stmt *q, const struct attempt *a)
{
	bind_maybe(q, 20, a->has_list, a->list);
	bind_maybe(q, 21, a->has_discount, a->discount);
	bind_i64(q, 23, a->at_ms);
	bind_i64(q, 24, a->offset_ms);
	bind_i64(q, 28, a->received_ms);
}

static void bind_place(sqlite3_stmt *q, const struct attempt *a)
{
	bind_maybe(q, 3, a->counter != 0, a->counter);
	bind_i64(q, 4, a->counts);
	bind_i64(q, 26, a->effective_ms);
	bind_i64(q, 29, a->day);
	bind_i64(q, 30, a->month);
	bind_i64(q, 31, a->hour);
}

static void bind_origin(sqlite3_stmt *q, const struct attempt *a)
{
	bind_i64(q, 1, a->kiosk);
	bind_blob(q, 2, a->id, sizeof a->id);
	bind_text(q, 14, a->facility);
	bind_text(q, 15, a->benefit);
	bind_text(q, 16, a->issuer);
	bind_i64(q, 17, a->class);
	bind_text(q, 18, a->currency);
	bind_i64(q, 19, a->party);
	bind_i64(q, 22, a->reversal_minutes);
	bind_i64(q, 25, a->left_ms);
	bind_i64(q, 27, a->asked_ms);
	bind_i64(q, 32, (int64_t)a->uses);
	bind_i64(q, 33, (int64_t)a->limit);
	bind_i64(q, 34, a->stale);
	bind_maybe(q, 35, a->has_first, a->first_ms);
	if (a->has_first)
		bind_text(q, 36, a->first_facility);
	bind_maybe(q, 37, a->has_shown, a->shown_s);
}

enum store_result store_attempt_add(struct store *s, struct attempt *a,
                                    struct bytes scanned)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO attempt (kiosk, id, counter, counts, answer, told,"
	       " given_up, judgement, admission, reversed_ms, marks, flags,"
	       " online, facility, benefit, issuer, class, currency, party,"
	       " list, discount, reversal_minutes, at_ms, offset_ms, left_ms,"
	       " effective_ms, asked_ms, received_ms, day, month, hour, uses,"
	       " use_limit, stale, first_ms, first_facility, shown_s, scanned,"
	       " dispute)"
	       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
	       " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"
	       " ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36,"
	       " ?37, ?38, ?39)");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_facts(s, q, a);
	bind_times(q, a);
	bind_place(q, a);
	bind_origin(q, a);
	bind_bytes(q, 38, scanned);
	r = store_run(s, q);
	if (r == STORE_OK)
		a->n = sqlite3_last_insert_rowid(s->db);
	return r;
}

/* Two texts, because a column that is named costs its indexes. */
#define SET_CHANGING                                                         \
	"UPDATE attempt SET answer = ?5, told = ?6,"                         \
	" given_up = ?7, judgement = ?8, admission = ?9, reversed_ms = ?10," \
	" marks = ?11, flags = ?12, online = ?13, list = ?20,"               \
	" discount = ?21, at_ms = ?23, offset_ms = ?24,"                     \
	" received_ms = ?28, dispute = ?39"
#define SET_MOVED                                                            \
	", counter = ?3, counts = ?4, effective_ms = ?26, day = ?29,"        \
	" month = ?30, hour = ?31"

enum store_result store_attempt_set(struct store *s, const struct attempt *a,
                                    bool moved)
{
	sqlite3_stmt *q =
	    moved ? store_sql(s, SET_CHANGING SET_MOVED " WHERE n = ?1")
	          : store_sql(s, SET_CHANGING " WHERE n = ?1");

	if (!q)
		return STORE_FAILED;
	bind_facts(s, q, a);
	bind_times(q, a);
	bind_i64(q, 1, a->n);
	if (moved)
		bind_place(q, a);
	return store_run(s, q);
}

enum store_result store_first_use(struct store *s, int64_t counter,
                                  struct attempt *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT " COLUMNS " FROM attempt"
	                               " WHERE counter = ?1 AND counts = 1"
	                               " ORDER BY effective_ms, n LIMIT 1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, counter);
	return one_attempt(s, q, out);
}

enum store_result store_conflict_candidate(struct store *s, int64_t counter,
                                           struct attempt *out)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT " COLUMNS " FROM attempt"
	                 " WHERE counter = ?1 AND counts = 1"
	                 " AND (marks & 1) = 0"
	                 " ORDER BY received_ms DESC, n DESC LIMIT 1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, counter);
	return one_attempt(s, q, out);
}

enum store_result store_conflict_latest(struct store *s, int64_t counter,
                                        struct attempt *out)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT " COLUMNS " FROM attempt WHERE n ="
	                 " (SELECT attempt FROM conflict WHERE counter = ?1"
	                 "  AND closed_ms IS NULL ORDER BY n DESC LIMIT 1)");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, counter);
	return one_attempt(s, q, out);
}

enum store_result store_unconfirmed_of_pass(struct store *s, int64_t kiosk,
                                            const uint8_t pass[static PASS_HASH],
                                            const char *benefit,
                                            int64_t asking_at_ms,
                                            int64_t until_ms,
                                            struct attempt *out)
{
	/* A pass has few counters for a benefit, a kiosk may have many
	 * unconfirmed answers: start from the pass. */
	sqlite3_stmt *q = store_sql(
	    s, "SELECT " COLUMNS " FROM attempt INDEXED BY attempt_unconfirmed"
	       " WHERE kiosk = ?1 AND told = 0 AND counts = 1"
	       " AND counter IN (SELECT n FROM counter WHERE pass = ?2"
	       "  AND benefit = ?3)"
	       " AND (at_ms + left_ms <= ?4 OR asked_ms <= ?5) LIMIT 1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_blob(q, 2, pass, PASS_HASH);
	bind_text(q, 3, benefit);
	bind_i64(q, 4, asking_at_ms);
	bind_i64(q, 5, until_ms);
	return one_attempt(s, q, out);
}

enum store_result store_unconfirmed_until(struct store *s, int64_t kiosk,
                                          int64_t until_ms, int64_t *n,
                                          size_t most, size_t *count)
{
	/* Of the index alone. */
	sqlite3_stmt *q = store_sql(
	    s, "SELECT n FROM attempt INDEXED BY attempt_unconfirmed"
	       " WHERE kiosk = ?1 AND told = 0 AND counts = 1"
	       " AND asked_ms <= ?2 LIMIT ?3");
	enum store_result r;

	*count = 0;
	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, until_ms);
	bind_i64(q, 3, (int64_t)most);
	while ((r = store_step(s, q)) == STORE_OK)
		n[(*count)++] = column_i64(q, 0);
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}
