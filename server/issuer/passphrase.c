/* SPDX-License-Identifier: Apache-2.0 */
/* Gets passphrases from a file or from a person. */
#include "passphrase.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "limits.h"
#include "terminal.h"

static bool make(struct passphrase *out, struct fault *fault)
{
	out->n = 0;
	out->text = sodium_malloc(PASSPHRASE_MAX);
	return out->text ? true : fault_set(fault, EXIT_IO, "no memory");
}

void passphrase_free(struct passphrase *pass)
{
	sodium_free(pass->text);
	*pass = (struct passphrase){0};
}

/* The first line, without its end. */
static bool from_file(const char *path, struct passphrase *out,
		      struct fault *fault)
{
	struct blob blob;
	const uint8_t *lf;
	bool ok = false;

	if (!file_read(path, PASSPHRASE_MAX, &blob, fault))
		return false;
	lf = blob.n ? memchr(blob.p, '\n', blob.n) : NULL;
	out->n = lf ? (size_t)(lf - blob.p) : blob.n;
	if (out->n && blob.p[out->n - 1] == '\r')
		out->n--;
	if (out->n) {
		memcpy(out->text, blob.p, out->n);
		ok = true;
	} else {
		fault_set(fault, EXIT_REFUSED,
			  "%s: its first line is empty; a passphrase is "
			  "expected", path);
	}
	blob_free(&blob);
	return ok;
}

/* The new one beside an old one, which the credential is. */
static bool has_credential(enum option_key file_option)
{
	return file_option != OPT_NEW_PASSPHRASE_FILE;
}

static bool ask(const char *prompt, const char *what,
		enum option_key file_option, struct passphrase *out,
		struct fault *fault)
{
	switch (terminal_ask(prompt, what, out->text, PASSPHRASE_MAX,
			     &out->n)) {
	case ASKED: return true;
	case ASKED_GIVEN_UP:
		return fault_set(fault, EXIT_REFUSED, "%s: given up", what);
	case ASKED_TOO_LONG:
		return fault_set(fault, EXIT_REFUSED,
				 "%s: a passphrase has at most %d bytes", what,
				 PASSPHRASE_MAX);
	case ASKED_NOBODY: break;
	}
	return fault_set(fault, EXIT_USAGE,
			 "%s: no terminal to ask for its passphrase; give "
			 "--%s%s", what, options_name(file_option),
			 has_credential(file_option)
			     ? ", or the systemd credential \"passphrase\""
			     : "");
}

/* Whether a credential is there; its path then. */
static bool credential(char path[static PATH_MAX])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return dir &&
	       snprintf(path, PATH_MAX, "%s/passphrase", dir) < PATH_MAX &&
	       access(path, R_OK) == 0;
}

/* True with n == 0 when none of the quiet ways was given. */
static bool get_quietly(const struct options *o, enum option_key file_option,
			struct passphrase *out, struct fault *fault)
{
	const char *file = options_get(o, file_option);
	char path[PATH_MAX];

	if (!file && file_option == OPT_ROOT_PASSPHRASE_FILE)
		file = options_get(o, OPT_PASSPHRASE_FILE);
	if (file)
		return from_file(file, out, fault);
	if (has_credential(file_option) && credential(path))
		return from_file(path, out, fault);
	return true;
}

bool passphrase_get(const struct options *o, enum option_key file_option,
		    const char *what, struct passphrase *out,
		    struct fault *fault)
{
	if (!make(out, fault))
		return false;
	if (get_quietly(o, file_option, out, fault) &&
	    (out->n || ask("Passphrase of", what, file_option, out, fault)))
		return true;
	passphrase_free(out);
	return false;
}

static bool ask_twice(const char *what, enum option_key file_option,
		      struct passphrase *out, struct fault *fault)
{
	struct passphrase second = {0};
	bool same;

	if (!ask("New passphrase of", what, file_option, out, fault))
		return false;
	if (!out->n)
		return fault_set(fault, EXIT_REFUSED,
				 "%s: an empty passphrase protects nothing; "
				 "--no-passphrase leaves keys unencrypted",
				 what);
	if (!make(&second, fault))
		return false;
	if (!ask("Once more, of", what, file_option, &second, fault)) {
		passphrase_free(&second);
		return false;
	}
	same = second.n == out->n &&
	       !sodium_memcmp(second.text, out->text, out->n);
	passphrase_free(&second);
	if (!same)
		return fault_set(fault, EXIT_REFUSED,
				 "%s: the two passphrases differ", what);
	return true;
}

bool passphrase_new(const struct options *o, enum option_key file_option,
		    const char *what, struct passphrase *out,
		    struct fault *fault)
{
	if (options_has(o, OPT_NO_PASSPHRASE) && options_has(o, file_option))
		return fault_set(fault, EXIT_USAGE,
				 "--no-passphrase and --%s: give one of them",
				 options_name(file_option));
	if (!make(out, fault))
		return false;
	if (options_has(o, OPT_NO_PASSPHRASE))
		return true;
	if (get_quietly(o, file_option, out, fault) &&
	    (out->n || ask_twice(what, file_option, out, fault)))
		return true;
	passphrase_free(out);
	return false;
}
