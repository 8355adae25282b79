/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: the options that may stand anywhere on the command line. */
#include "options.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

/* A path's bytes need not be UTF-8. */
static bool put_path(json_t *object, const struct field *field,
		     const char *value, char *error, size_t error_size)
{
	(void)error;
	(void)error_size;
	return json_object_set_new(object, field->member,
				   json_string_nocheck(value)) == 0;
}

/* Also "ko-KR" or "ko_KR.UTF-8", as an environment has it. */
static bool put_language(json_t *object, const struct field *field,
			 const char *value, char *error, size_t error_size)
{
	enum language lang = language_of(value);
	const char *tag = language_tag(lang);
	size_t n = strlen(tag);

	/* What is not known is taken for English. */
	if (strncasecmp(value, tag, n) == 0 && strchr("-_.@", value[n]))
		return json_object_set_new(object, field->member,
					   json_integer(lang)) == 0;
	snprintf(error, error_size, "--%s \"%s\": one of en, ko, ja, zh",
		 field->option, value);
	return false;
}

/* "sha256//" and the Base64 of a SHA-256. */
static bool is_pin(const char *text)
{
	static const char start[] = "sha256//";
	size_t n = strlen(start), size;
	unsigned char hash[crypto_hash_sha256_BYTES];

	return strlen(text) == PIN_TEXT_MAX && strncmp(text, start, n) == 0 &&
	       sodium_base642bin(hash, sizeof hash, text + n, strlen(text + n),
				 NULL, &size, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       size == sizeof hash;
}

static bool put_pin(json_t *object, const struct field *field,
		    const char *value, char *error, size_t error_size)
{
	json_t *pins = values_array(object, field->member);

	if (!is_pin(value))
		snprintf(error, error_size,
			 "--%s \"%.64s\": write sha256// and the Base64 of "
			 "the SHA-256 of the server's public key; oapctl(1) "
			 "shows how to get it",
			 field->option, value);
	else if (json_array_size(pins) >= PINS_MAX)
		snprintf(error, error_size, "--%s: more than %d of them",
			 field->option, PINS_MAX);
	else
		return json_array_append_new(pins, json_string(value)) == 0;
	return false;
}

const struct field option_fields[] = {
    {"server", "URL|unix:PATH", false, "server", put_path,
     "the daemon; default $OAPCTL_SERVER, else\n"
     "                              unix:/run/oapd/oapd.sock"},
    {"token-file", "FILE", false, "token_file", put_path,
     "the operator's token; default $OAPCTL_TOKEN_FILE"},
    {"ca", "FILE", false, "ca", put_path,
     "trust these certificates (PEM), not the system's"},
    {"pin", "sha256//BASE64", false, "pins", put_pin,
     "trust the server that has this key (repeat)"},
    {"lang", "en|ko|ja|zh", false, "lang", put_language,
     "names in this language"},
    {"json", NULL, false, "json", put_flag, "answers as JSON"},
    {"help", NULL, false, "help", put_flag,
     "of all commands, a noun or one command"},
    {"version", NULL, false, "version", put_flag, "the version"},
    {0}};

static void read_text(const json_t *given, const char *member,
		      const char **text)
{
	const json_t *v = json_object_get(given, member);

	if (v != NULL)
		*text = json_string_value(v);
}

/* As libcurl takes them: "pin;pin". There is room for as many as put_pin
 * takes. */
static void read_pins(const json_t *given, struct options *out)
{
	const json_t *pins = json_object_get(given, "pins"), *pin;
	size_t i, n = 0;

	json_array_foreach(pins, i, pin)
	{
		n += (size_t)snprintf(out->pins + n, sizeof out->pins - n,
				      "%s%s", i > 0 ? ";" : "",
				      json_string_value(pin));
		out->client.pins = out->pins;
	}
}

void options_read(const json_t *given, struct options *out)
{
	read_text(given, "server", &out->client.server);
	read_text(given, "token_file", &out->client.token_file);
	read_text(given, "ca", &out->client.ca_file);
	read_pins(given, out);
	out->json = json_is_true(json_object_get(given, "json"));
	out->lang = (enum language)json_integer_value(
	    json_object_get(given, "lang"));
}
