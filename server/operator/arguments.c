/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.c: a command line, and its options into JSON members. */
#include "arguments.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)1024 * 1024)

bool put_text(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size)
{
	if (json_object_set_new(object, field->member, json_string(value)) == 0)
		return true;
	snprintf(error, error_size, "--%s: not UTF-8", field->option);
	return false;
}

bool put_whole(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size)
{
	char *end;

	errno = 0;
	intmax_t n = strtoimax(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0) {
		snprintf(error, error_size, "--%s \"%s\": not a whole number",
			 field->option, value);
		return false;
	}
	return json_object_set_new(object, field->member, json_integer(n)) == 0;
}

bool put_yes_no(json_t *object, const struct field *field, const char *value,
		char *error, size_t error_size)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0) {
		snprintf(error, error_size, "--%s \"%s\": say yes or no",
			 field->option, value);
		return false;
	}
	return json_object_set_new(object, field->member, json_boolean(yes)) ==
	       0;
}

bool put_flag(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size)
{
	(void)value;
	(void)error;
	(void)error_size;
	return json_object_set_new(object, field->member, json_true()) == 0;
}

/* One that an option has cleared is null. */
static json_t *member_grown(json_t *object, const char *member, json_t *empty)
{
	json_t *there = json_object_get(object, member);

	if (there != NULL && !json_is_null(there)) {
		json_decref(empty);
		return there;
	}
	return json_object_set_new(object, member, empty) == 0 ? empty : NULL;
}

json_t *values_array(json_t *object, const char *member)
{
	return member_grown(object, member, json_array());
}

json_t *values_object(json_t *object, const char *member)
{
	return member_grown(object, member, json_object());
}

bool put_list(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size)
{
	json_t *array = values_array(object, field->member);

	while (array != NULL) {
		size_t n = strcspn(value, ",");
		if (n == 0) {
			snprintf(error, error_size, "--%s: an empty item",
				 field->option);
			return false;
		}
		if (json_array_append_new(array, json_stringn(value, n)) != 0)
			break;
		if (value[n] == '\0')
			return true;
		value += n + 1;
	}
	snprintf(error, error_size, "--%s: not UTF-8", field->option);
	return false;
}

bool put_names(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size)
{
	const char *equals = strchr(value, '=');

	if (equals != value + 2) {
		snprintf(error, error_size,
			 "--%s \"%s\": write LANG=TEXT, LANG being en, ko, ja "
			 "or zh",
			 field->option, value);
		return false;
	}
	json_t *names = values_object(object, field->member);
	char lang[3] = {value[0], value[1], '\0'};
	json_t *name = equals[1] != '\0' ? json_string(equals + 1)
					 : json_null();
	if (json_object_set_new(names, lang, name) == 0)
		return true;
	snprintf(error, error_size, "--%s: not UTF-8", field->option);
	return false;
}

static char *read_file(const char *path, size_t *size, char *error,
		       size_t error_size)
{
	FILE *in = fopen(path, "rb");
	char *data = in != NULL ? malloc(FILE_SIZE_MAX + 1) : NULL;

	if (data == NULL) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		if (in != NULL)
			fclose(in);
		return NULL;
	}
	*size = fread(data, 1, FILE_SIZE_MAX + 1, in);
	bool bad = ferror(in) != 0;
	fclose(in);
	if (bad || *size == 0 || *size > FILE_SIZE_MAX) {
		snprintf(error, error_size, "%s: %s", path,
			 bad	      ? "cannot be read"
			 : *size == 0 ? "is empty"
				      : "is over 1 MiB");
		free(data);
		return NULL;
	}
	return data;
}

static json_t *file_text(const char *path, char *error, size_t error_size)
{
	size_t size;
	char *data = read_file(path, &size, error, error_size);

	if (data == NULL)
		return NULL;
	size_t cap =
	    sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(cap);
	json_t *value = NULL;
	if (text != NULL) {
		sodium_bin2base64(text, cap, (const unsigned char *)data, size,
				  sodium_base64_VARIANT_ORIGINAL);
		value = json_string(text);
	}
	if (value == NULL)
		snprintf(error, error_size, "%s: out of memory", path);
	free(text);
	free(data);
	return value;
}

bool put_file(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size)
{
	json_t *text = file_text(value, error, error_size);

	return text != NULL &&
	       json_object_set_new(object, field->member, text) == 0;
}

bool put_files(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size)
{
	json_t *text = file_text(value, error, error_size);
	json_t *array = values_array(object, field->member);

	return text != NULL && array != NULL &&
	       json_array_append_new(array, text) == 0;
}

static const struct field *field_find(const struct field *fields,
				      const char *name, size_t n)
{
	for (const struct field *f = fields; f != NULL && f->option; f++)
		if (strlen(f->option) == n && strncmp(f->option, name, n) == 0)
			return f;
	return NULL;
}

bool line_fail(struct command_line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(line->error, sizeof line->error, format, args);
	va_end(args);
	return false;
}

/* The value in the option's word or behind it; NULL for a flag. */
static bool take_value(struct command_line *line, const struct field *f,
		       const char *in_word, const char **value)
{
	*value = in_word;
	if (f->value == NULL && in_word != NULL)
		return line_fail(line, "--%s: takes no value", f->option);
	if (f->value != NULL && in_word == NULL) {
		if (line->at >= line->argc)
			return line_fail(line, "--%s: wants %s", f->option,
					 f->value);
		*value = line->argv[line->at++];
	}
	return true;
}

/* The option that is the next word: one of fields, whose values are put into
 * values, or one that may stand anywhere. */
static bool parse_option(struct command_line *line, const struct field *fields,
			 json_t *values)
{
	const char *word = line->argv[line->at++] + 2, *value;
	size_t n = strcspn(word, "=");
	const struct field *f = field_find(fields, word, n);

	if (f == NULL) {
		f = field_find(line->globals, word, n);
		values = line->given;
	}
	if (f == NULL)
		return line_fail(line,
				 "--%.*s: no such option here; --help lists "
				 "them",
				 (int)(n < 64 ? n : 64), word);
	if (!take_value(line, f, word[n] == '=' ? word + n + 1 : NULL, &value))
		return false;
	line_fail(line, "--%s: out of memory", f->option);
	return f->put(values, f, value, line->error, sizeof line->error);
}

static bool at_option(const struct command_line *line)
{
	return line->at < line->argc &&
	       strncmp(line->argv[line->at], "--", 2) == 0;
}

bool line_word(struct command_line *line, const char **word)
{
	while (at_option(line))
		if (!parse_option(line, NULL, NULL))
			return false;
	*word = line->at < line->argc ? line->argv[line->at++] : NULL;
	return true;
}

static bool required_there(struct command_line *line,
			   const struct field *fields, json_t *values)
{
	for (const struct field *f = fields; f != NULL && f->option; f++)
		if (f->required && json_object_get(values, f->member) == NULL)
			return line_fail(line, "--%s is missing", f->option);
	return true;
}

/* Up to the end of the line. */
static bool parse_words(struct command_line *line, const struct field *fields,
			json_t *values, const char **argument)
{
	while (line->at < line->argc) {
		if (at_option(line)) {
			if (!parse_option(line, fields, values))
				return false;
		} else if (*argument == NULL) {
			*argument = line->argv[line->at++];
		} else {
			return line_fail(line,
					 "\"%.64s\": one argument too many",
					 line->argv[line->at]);
		}
	}
	return true;
}

json_t *line_rest(struct command_line *line, const struct field *fields,
		  bool check_required, const char **argument)
{
	json_t *values = json_object();

	*argument = NULL;
	if (parse_words(line, fields, values, argument) &&
	    (!check_required || required_there(line, fields, values)))
		return values;
	json_decref(values);
	return NULL;
}

void arguments_help(const struct field *fields, bool check_required,
		    FILE *out)
{
	for (const struct field *f = fields; f != NULL && f->option; f++) {
		int n = fprintf(out, "  --%s%s%s", f->option,
				f->value != NULL ? " " : "",
				f->value != NULL ? f->value : "");
		fprintf(out, "%*s%s%s\n", n < 30 ? 30 - n : 1, "", f->help,
			check_required && f->required ? " (required)" : "");
	}
}
