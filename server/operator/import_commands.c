/* SPDX-License-Identifier: Apache-2.0 */
/* import_commands.c: a kiosk's journal to the daemon, piece by piece, and the
 * daemon's receipts into one file with the bundle (messages.cddl,
 * return-file), which the kiosk takes. */
#include "import_commands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cbor.h"
#include "journalfile.h"
#include "outfile.h"
#include "talk.h"

#define TYPE_COSE "application/cose"

const struct field import_fields[] = {
    {"receipt", "FILE", false, "receipt", put_text,
     "where to write what goes back to the kiosk"},
    {0}};

struct importing {
	struct ctl *ctl;
	struct journalfile journal;
	struct outfile back;
	bool has_back;
	uint64_t pieces;    /* sent */
	uint64_t told, taken, marked, unreadable; /* items */
};

/* --------------------------------------------------------- the way back */

static int complain_about(const struct outfile *o)
{
	ctl_complain("%s", o->error);
	return EXIT_RETRY;
}

static bool put_item(struct outfile *o, struct bytes item)
{
	uint8_t room[16];
	struct outbuf head = outbuf_in(room, sizeof room);

	cbor_put_bytes_head(&head, item.n);
	return outfile_write(o, room, head.n) &&
	       outfile_write(o, item.p, item.n);
}

/* The head of the file, and the bundle as it is now. */
static int begin_back(struct ctl *ctl, struct outfile *o, const char *path,
		      uint64_t receipts)
{
	uint8_t room[16];
	struct outbuf head = outbuf_in(room, sizeof room);
	struct response answer;
	int status;

	if (!outfile_open(o, path))
		return complain_about(o);
	status = ctl_download(ctl, "/v1/bundle", TYPE_COSE, &answer);
	if (status != EXIT_DONE)
		return status;
	cbor_put_array(&head, (size_t)receipts + 1);
	if (outfile_write(o, room, head.n) &&
	    put_item(o, bytes_of(answer.body, answer.body_size)))
		return EXIT_DONE;
	return complain_about(o);
}

static int complain_of_journal(const struct journalfile *j)
{
	ctl_complain("%s", j->error);
	return j->unreadable ? EXIT_RETRY : EXIT_REJECT;
}

/* ------------------------------------------------------- piece by piece */

static void count_results(struct importing *in, const struct receipt *r)
{
	struct bytes left = r->results;
	unsigned verdict, marks;
	uint64_t seq;

	while (receipt_next(&left, &seq, &verdict, &marks)) {
		bool again = verdict_is(verdict, CLASS_RETRY) ||
			     (verdict_is(verdict, CLASS_DEVICE) &&
			      verdict != VERDICT_ID_REUSED);

		in->told++;
		in->unreadable += seq == 0;
		in->taken += seq > 0 && !again;
		in->marked += seq > 0 && marks != 0;
	}
}

static int send_piece(struct importing *in, const uint8_t *p, size_t n)
{
	struct client_body body = {"application/cbor", p, n};
	struct response answer;
	struct receipt receipt;
	struct bytes message;
	int status =
	    ctl_send(in->ctl, "/v1/import", &body, TYPE_COSE, &answer);

	if (status != EXIT_DONE)
		return status;
	message = bytes_of(answer.body, answer.body_size);
	if (!receipt_read(message, &receipt) ||
	    memcmp(receipt.kiosk, in->journal.kid, sizeof receipt.kiosk) != 0)
		return ctl_not_ours(in->ctl, "receipt for this kiosk");
	count_results(in, &receipt);
	in->pieces++;
	if (in->has_back && !put_item(&in->back, message))
		return complain_about(&in->back);
	return EXIT_DONE;
}

static int send_all(struct importing *in)
{
	int status = EXIT_DONE;
	uint8_t *piece;
	size_t n;

	while (status == EXIT_DONE) {
		if (!journalfile_next(&in->journal, &piece, &n))
			break;
		if (piece == NULL && in->pieces == in->journal.pieces)
			return EXIT_DONE;
		if (piece == NULL) {
			ctl_complain("%s: it has changed meanwhile",
				     in->journal.path);
			return EXIT_RETRY;
		}
		status = send_piece(in, piece, n);
		free(piece);
	}
	if (status != EXIT_DONE)
		return status;
	return complain_of_journal(&in->journal);
}

/* ---------------------------------------------------------- the command */

static void print_outcome(const struct importing *in)
{
	char kid[17];
	json_t *json;

	hex_encode(in->journal.kid, sizeof in->journal.kid, kid);
	if (in->ctl->json) {
		json = json_pack("{s:s, s:I, s:I, s:I, s:I}", "kiosk", kid,
				 "entries", (json_int_t)in->told, "taken",
				 (json_int_t)in->taken, "marked",
				 (json_int_t)in->marked, "unreadable",
				 (json_int_t)in->unreadable);
		ctl_print_json(in->ctl, json);
		json_decref(json);
		return;
	}
	ctl_print_line(in->ctl,
		       "kiosk %s: %llu entries, %llu of them taken, %llu with "
		       "a mark, %llu that cannot be read",
		       kid, (unsigned long long)in->told,
		       (unsigned long long)in->taken,
		       (unsigned long long)in->marked,
		       (unsigned long long)in->unreadable);
	if (in->has_back)
		ctl_print_line(in->ctl,
			       "%s: for the kiosk: oap-kiosk import --dir DIR "
			       "%s",
			       in->back.path, in->back.path);
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int import_all(struct importing *in, const char *back)
{
	int status = EXIT_DONE;

	in->has_back = back != NULL;
	if (in->has_back)
		status = begin_back(in->ctl, &in->back, back,
				    in->journal.pieces);
	if (status == EXIT_DONE)
		status = send_all(in);
	if (status == EXIT_DONE && in->has_back &&
	    !outfile_commit(&in->back))
		status = complain_about(&in->back);
	if (status == EXIT_DONE)
		print_outcome(in);
	else if (in->told > 0)
		ctl_complain("%llu of %llu entries were taken before that; "
			     "import the file again",
			     (unsigned long long)in->told,
			     (unsigned long long)in->journal.items);
	return status;
}

int import_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	const char *back =
	    json_string_value(json_object_get(values, "receipt"));
	struct importing in = {.ctl = ctl, .back = {.fd = -1}};
	int status = EXIT_USAGE;

	(void)command;
	if (back != NULL && is_same_file(argument, back))
		ctl_complain("--receipt %s: it is the journal; give another "
			     "name",
			     back);
	else if (!journalfile_open(&in.journal, argument))
		status = complain_of_journal(&in.journal);
	else
		status = import_all(&in, back);
	outfile_abandon(&in.back);
	journalfile_close(&in.journal);
	return status;
}

int bundle_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	struct outfile back = {.fd = -1};
	int status = begin_back(ctl, &back, argument, 0);

	(void)command, (void)values;
	if (status == EXIT_DONE && !outfile_commit(&back))
		status = complain_about(&back);
	outfile_abandon(&back);
	if (status == EXIT_DONE && ctl->json)
		ctl_print_line(ctl, "{}");
	else if (status == EXIT_DONE)
		ctl_print_line(ctl, "%s: for any kiosk: oap-kiosk import "
				    "--dir DIR %s", argument, argument);
	return status;
}
