/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.h: a command line; its options as a table, and how each becomes a
 * member of the JSON object that the daemon is sent. */
#ifndef OAP_ARGUMENTS_H
#define OAP_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct field {
	const char *option; /* without its dashes; NULL ends the table */
	const char *value;  /* what stands for the value in --help; NULL: flag */
	bool required;
	const char *member;
	/* Puts the value into the object; false with one line in error. */
	bool (*put)(json_t *object, const struct field *field,
		    const char *value, char *error, size_t error_size);
	const char *help;
};

/* The usual ways. Lists and names grow when the option is repeated. */
bool put_text(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size);
bool put_whole(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size); /* integer >= 0 */
bool put_yes_no(json_t *object, const struct field *field, const char *value,
		char *error, size_t error_size);
bool put_flag(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size); /* true */
bool put_list(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size); /* also a,b,c */
bool put_names(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size); /* LANG=TEXT; LANG=: null */
/* The content of a file (at most 1 MiB) in Base64. */
bool put_file(json_t *object, const struct field *field, const char *value,
	      char *error, size_t error_size);
bool put_files(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size); /* grows */

/* The array or object of that name, made when it is not there or null; NULL
 * when memory runs out. What the options that grow are made of. */
json_t *values_array(json_t *object, const char *member);
json_t *values_object(json_t *object, const char *member);

/* Words, read from the front. */
struct command_line {
	int argc;
	char **argv;
	int at;			     /* the next word */
	const struct field *globals; /* options that may stand anywhere */
	json_t *given;		     /* their values */
	char error[256];	     /* one line, when reading has failed */
};

/* The next word that is no option, NULL at the end. Options before it are of
 * those that may stand anywhere. */
bool line_word(struct command_line *line, const char **word);
/* All that is left: options of the table, and an argument or NULL. The values
 * are the caller's; NULL: failed. check_required: refuse when a required one
 * is missing. */
json_t *line_rest(struct command_line *line, const struct field *fields,
		  bool check_required, const char **argument);
/* Writes the error; false. */
bool line_fail(struct command_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arguments_help(const struct field *fields, bool check_required,
		    FILE *out);

#endif
