/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c: the table of commands, and how one is found and run. */
#include "commands.h"

#include "attempt_commands.h"
#include "backup_commands.h"
#include "benefit_fields.h"
#include "issuer_commands.h"
#include "import_commands.h"
#include "kiosk_commands.h"
#include "policy_commands.h"
#include "quarantine_commands.h"
#include "records.h"
#include "report_commands.h"
#include "trouble_commands.h"

#include <string.h>

static const struct field facility_fields[] = {
    {"id", "ID", true, "id", put_text, "lower-case letters, digits, -"},
    {"city", "CITY", true, "city", put_text, "its id, tokyo"},
    {"name", "LANG=TEXT", true, "names", put_names,
     "LANG= takes one away (repeat)"},
    {"currency", "CODE", true, "currency", put_text, "ISO 4217"},
    {"zone", "ZONE", true, "zone", put_text, "IANA time zone, Asia/Tokyo"},
    {0}};

static const struct column facility_columns[] = {
    {"facility", "id", NULL},
    {"name", "names", cell_names},
    {"city", "city", NULL},
    {"currency", "currency", NULL},
    {"zone", "zone", NULL}};

static const struct record facility_record = {
    "/v1/facilities", "facilities", "id", facility_columns, 5};

static const struct field operator_fields[] = {
    {"id", "ID", true, "id", put_text, "who"},
    {"role", "ROLE", true, "role", put_text, "viewer, operator or admin"},
    {0}};

static const struct field operator_set_fields[] = {
    {"role", "ROLE", false, "role", put_text, "viewer, operator or admin"},
    {"disabled", "yes|no", false, "disabled", put_yes_no,
     "the token stops working"},
    {"new-token", NULL, false, "new_token", put_flag,
     "the old one stops working"},
    {0}};

static const struct column operator_columns[] = {
    {"operator", "id", NULL},
    {"role", "role", NULL},
    {"disabled", "disabled", NULL},
    {"created", "created_ms", cell_time}};

static const struct record operator_record = {"/v1/operators", "operators",
					      "id", operator_columns, 4};

/* The token goes to stdout alone, so that it can be sent into a file. */
static int operator_token(struct ctl *ctl, const struct command *command,
			  const char *argument, json_t *values)
{
	struct response answer;
	char path[PATH_CAP];
	bool add = argument == NULL;

	if (!record_path(path, command->record->path, argument))
		return EXIT_USAGE;
	int status =
	    ctl_call(ctl, add ? "POST" : "PATCH", path, values, &answer);
	if (status != EXIT_DONE)
		return status;
	const char *token =
	    json_string_value(json_object_get(answer.json, "token"));
	if (ctl->json || (token == NULL && !add))
		return record_print(ctl, command->record, &answer);
	if (token == NULL) {
		status = ctl_not_ours(ctl, "token");
	} else {
		ctl_print_line(ctl, "%s", token);
		fprintf(stderr, "This token is shown once; keep it in a file "
				"for --token-file.\n");
	}
	json_decref(answer.json);
	return status;
}

const struct command commands[] = {
    {"facility", "add", NULL, facility_fields, false, record_add,
     &facility_record, "a museum, palace, gallery …"},
    {"facility", "list", NULL, NULL, false, record_list, &facility_record,
     "all of them"},
    {"facility", "show", "ID", NULL, false, record_show, &facility_record,
     "one"},
    {"facility", "set", "ID", &facility_fields[1], true, record_set,
     &facility_record, "change it"},
    {"benefit", "add", NULL, benefit_fields, false, benefit_add,
     &benefit_record, "a discount with its conditions"},
    {"benefit", "list", NULL, NULL, false, record_list, &benefit_record,
     "all of them"},
    {"benefit", "show", "ID", NULL, false, record_show, &benefit_record,
     "one"},
    {"benefit", "set", "ID", &benefit_fields[1], true, benefit_set,
     &benefit_record, "change it"},
    {"issuer", "add", NULL, issuer_fields, false, record_add, &issuer_record,
     "trust a city: pins its root key"},
    {"issuer", "list", NULL, NULL, false, record_list, &issuer_record,
     "all of them"},
    {"issuer", "show", "ISS", NULL, false, record_show, &issuer_record,
     "its keys and lists"},
    {"issuer", "set", "ISS", issuer_set_fields, true, record_set,
     &issuer_record, "take newer lists, or withdraw trust"},
    {"issuer", "fetch", "ISS", NULL, false, issuer_fetch, &issuer_record,
     "get its document and lists now"},
    {"kiosk", "add", NULL, kiosk_fields, false, kiosk_add, &kiosk_record,
     "a one-time enrolment code"},
    {"kiosk", "list", NULL, NULL, false, record_list, &kiosk_record,
     "all of them, with what they last reported"},
    {"kiosk", "show", "KID", NULL, false, record_show, &kiosk_record, "one"},
    {"kiosk", "set", "KID", kiosk_set_fields, true, record_set,
     &kiosk_record, "its place and name"},
    {"kiosk", "confirm", "KID", NULL, false, kiosk_confirm, &kiosk_record,
     "let a pending one in"},
    {"kiosk", "revoke", "KID", NULL, false, kiosk_revoke, &kiosk_record,
     "shut it out"},
    {"operator", "add", NULL, operator_fields, false, operator_token,
     &operator_record, "prints its token, once"},
    {"operator", "list", NULL, NULL, false, record_list, &operator_record,
     "all of them"},
    {"operator", "show", "ID", NULL, false, record_show, &operator_record,
     "one"},
    {"operator", "set", "ID", operator_set_fields, true, operator_token,
     &operator_record, "role, token"},
    {"policy", "show", NULL, NULL, false, policy_show,
     &policy_record, "ages, skew, offline allowance"},
    {"policy", "set", NULL, policy_fields, true, policy_set,
     &policy_record, "change it"},
    {"report", NULL, "NAME", report_fields, false, report_run, NULL,
     "redemptions|facilities|benefits|issuers|verdicts"},
    {"attempts", "list", NULL, attempts_fields, false, attempts_list,
     &attempt_record, "one by one"},
    {"attempts", "show", "KIOSK/ID", NULL, false, attempts_show,
     &attempt_record, "all about one"},
    {"attempts", "reverse", "KIOSK/ID", reversal_fields, false,
     attempts_reverse, &attempt_record, "take one back"},
    {"attempts", "admit", "KIOSK/ID", decision_fields, false, attempts_admit,
     NULL, "let a disputed one count"},
    {"attempts", "reject", "KIOSK/ID", decision_fields, false,
     attempts_reject, NULL, "keep a disputed one out of all totals"},
    {"conflicts", NULL, NULL, trouble_fields, false, attempts_list,
     &conflict_record, "passes used more often than their limit"},
    {"disputed", NULL, NULL, trouble_fields, false, attempts_list,
     &disputed_record, "accepts of kiosks that do not add up, and why"},
    {"unconfirmed", NULL, NULL, trouble_fields, false, attempts_list,
     &unconfirmed_record, "answers that no kiosk has said it told"},
    {"quarantine", "list", NULL, trouble_fields, false, attempts_list,
     &quarantine_record, "what kiosks sent that is no record"},
    {"quarantine", "show", "N", quarantine_fields, false, quarantine_show,
     &quarantine_record, "one, and its bytes into a file"},
    {"pass", "lookup", "CODE|-", NULL, false, pass_lookup, NULL,
     "what is kept of a pass"},
    {"import", NULL, "FILE", import_fields, false, import_run, NULL,
     "a kiosk's journal, as a file"},
    {"bundle", NULL, "FILE", NULL, false, bundle_run, NULL,
     "the bundle, for kiosks without a network"},
    {"backup", NULL, "FILE", NULL, false, backup_run, NULL,
     "a copy of the database"},
    {0}};

static const struct command *command_of(const char *noun, const char *verb)
{
	for (const struct command *c = commands; c->noun != NULL; c++)
		if (strcmp(c->noun, noun) == 0 &&
		    (verb == NULL || c->verb == NULL ||
		     strcmp(c->verb, verb) == 0))
			return c;
	return NULL;
}

bool command_find(struct command_line *line, const char **noun,
		  const struct command **command)
{
	const char *verb = NULL;

	*command = NULL;
	if (!line_word(line, noun))
		return false;
	if (*noun == NULL)
		return true;
	const struct command *first = command_of(*noun, NULL);
	if (first == NULL)
		return line_fail(line,
				 "\"%.32s\": no such command; oapctl --help "
				 "lists them",
				 *noun);
	/* A report's options may stand before its name. */
	if (first->verb != NULL && !line_word(line, &verb))
		return false;
	if (first->verb != NULL && verb == NULL)
		return true;
	*command = command_of(*noun, verb);
	return *command != NULL ||
	       line_fail(line,
			 "%s: no verb \"%.32s\"; oapctl %s --help lists what "
			 "it can do",
			 *noun, verb, *noun);
}

static int print_synopsis(const struct command *c, FILE *out)
{
	return fprintf(out, "%s%s%s%s%s", c->noun, c->verb != NULL ? " " : "",
		       c->verb != NULL ? c->verb : "",
		       c->argument != NULL ? " " : "",
		       c->argument != NULL ? c->argument : "");
}

void command_help(const struct command *command, FILE *out)
{
	fprintf(out, "Usage: oapctl [OPTION…] ");
	print_synopsis(command, out);
	fprintf(out, "%s\n%s\n\n", command->fields != NULL ? " …" : "",
		command->help);
	arguments_help(command->fields, !command->change, out);
	if (command->change)
		fprintf(out, "At least one of them is needed.\n");
}

void noun_help(const char *noun, FILE *out)
{
	fprintf(out,
		"Usage: oapctl [OPTION…] %s VERB …\n"
		"oapctl %s VERB --help lists the options of one.\n\n",
		noun, noun);
	commands_help(noun, out);
}

void commands_help(const char *noun, FILE *out)
{
	for (const struct command *c = commands; c->noun != NULL; c++) {
		if (noun != NULL && strcmp(c->noun, noun) != 0)
			continue;
		fprintf(out, "  ");
		int n = print_synopsis(c, out);
		fprintf(out, "%*s%s\n", n < 27 ? 27 - n : 2, "", c->help);
	}
}

static bool argument_fits(const struct command *c, const char *argument)
{
	if (c->argument == NULL && argument != NULL)
		ctl_complain("%s%s%s: \"%.64s\" is not wanted here", c->noun,
			     c->verb != NULL ? " " : "",
			     c->verb != NULL ? c->verb : "", argument);
	else if (c->argument != NULL && argument == NULL)
		ctl_complain("%s%s%s: %s is missing", c->noun,
			     c->verb != NULL ? " " : "",
			     c->verb != NULL ? c->verb : "", c->argument);
	else
		return true;
	return false;
}

static bool says_what(const struct command *c, const json_t *values)
{
	if (!c->change || json_object_size(values) > 0)
		return true;
	ctl_complain("%s %s: say what to change; --help lists it", c->noun,
		     c->verb);
	return false;
}

json_t *command_values(struct command_line *line, const struct command *c,
		       const char **argument)
{
	json_t *values = line_rest(line, c->fields, !c->change, argument);

	if (values == NULL)
		ctl_complain("%s", line->error);
	else if (argument_fits(c, *argument) && says_what(c, values))
		return values;
	json_decref(values);
	return NULL;
}
