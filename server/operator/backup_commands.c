/* SPDX-License-Identifier: Apache-2.0 */
/* backup_commands.c: a copy of the daemon's database into a file, which is
 * there only when it is what the daemon has checked, to the last byte. */
#include "backup_commands.h"

#include <sodium.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "outfile.h"

#define TYPE_SQLITE "application/vnd.sqlite3"
#define DIGEST_TEXT 64 /* "sha-256=:", 44 of Base64, ":" */
#define MIB (1024 * 1024)

struct receiving {
	struct outfile file;
	crypto_hash_sha256_state digest;
	uint64_t size;
	time_t told; /* when the terminal was told how far it is */
};

static void tell_progress(struct receiving *in)
{
	time_t now = time(NULL);

	if (now == in->told || !isatty(STDERR_FILENO))
		return;
	in->told = now;
	fprintf(stderr, "\r%llu MiB", (unsigned long long)(in->size / MIB));
}

static bool take(void *arg, const void *p, size_t n)
{
	struct receiving *in = arg;

	crypto_hash_sha256_update(&in->digest, p, n);
	in->size += n;
	tell_progress(in);
	if (outfile_write(&in->file, p, n))
		return true;
	ctl_complain("%s", in->file.error);
	return false;
}

static bool digest_fits(struct receiving *in, const char *said)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char base64[DIGEST_TEXT], text[DIGEST_TEXT + 16];

	crypto_hash_sha256_final(&in->digest, hash);
	sodium_bin2base64(base64, sizeof base64, hash, sizeof hash,
			  sodium_base64_VARIANT_ORIGINAL);
	snprintf(text, sizeof text, "sha-256=:%s:", base64);
	return said != NULL && strcmp(said, text) == 0;
}

static int receive(struct ctl *ctl, struct receiving *in)
{
	struct client_sink sink = {.take = take, .arg = in};
	json_t *body = json_object();
	int status = ctl_stream(ctl, "POST", "/v1/backup", body, TYPE_SQLITE,
				&sink);

	json_decref(body);
	if (in->told != 0)
		fputc('\r', stderr);
	if (status != EXIT_DONE ||
	    digest_fits(in, client_header(ctl->client, "Repr-Digest")))
		return status;
	ctl_complain("the backup is not what the daemon at %s made: it was "
		     "changed on the way",
		     client_server(ctl->client));
	return EXIT_RETRY;
}

int backup_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	struct receiving in = {.size = 0};

	(void)command, (void)values;
	crypto_hash_sha256_init(&in.digest);
	if (!outfile_open(&in.file, argument)) {
		ctl_complain("%s", in.file.error);
		return EXIT_RETRY;
	}
	int status = receive(ctl, &in);
	if (status == EXIT_DONE && !outfile_commit(&in.file)) {
		ctl_complain("%s", in.file.error);
		status = EXIT_RETRY;
	}
	outfile_abandon(&in.file);
	if (status == EXIT_DONE && ctl->json)
		ctl_print_line(ctl, "{\"size\": %llu}",
			       (unsigned long long)in.size);
	else if (status == EXIT_DONE)
		ctl_print_line(ctl, "%s: %llu bytes, checked", argument,
			       (unsigned long long)in.size);
	return status;
}
