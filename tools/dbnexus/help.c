/* SPDX-License-Identifier: MIT */
/* What --help prints; man/dbnexus.1 says the same at length. */
#include "cli.h"

#include <string.h>

static const char general[] =
	"usage: dbnexus [-c FILE] COMMAND ...\n"
	"\n"
	"  check                 read a configuration, load its plugins, report all problems\n"
	"  plugins list          the plugins that can be found\n"
	"  plugins describe NAME what a plugin is and which settings it takes\n"
	"  plugins check NAME    does a plugin keep what its kind promises? a report\n"
	"  query SQL             run a statement as a user\n"
	"  explain SQL           what would be done with a statement, and why\n"
	"  audit verify [FILE]   prove an audit trail, or name the record that is wrong\n"
	"  audit tail [FILE]     the last records of an audit trail\n"
	"  pool                  connections of a running stack: who holds them, who waits\n"
	"\n"
	"  -c, --config FILE     the configuration of the stack\n"
	"      --format FORMAT   table (default), json (one object a line) or csv\n"
	"  -h, --help            this, or with a command: its own help\n"
	"  -V, --version         the version\n"
	"\n"
	"exit status: 0 done, 1 failed, 2 usage or configuration, 3 permission denied,\n"
	"4 integrity violation\n";

static const char check[] =
	"usage: dbnexus -c FILE check [--explain]\n"
	"\n"
	"Reads FILE and what it includes, checks every setting of the core and of each\n"
	"plugin, and prints all problems with file and line.  Nothing is opened for\n"
	"writing.\n"
	"\n"
	"      --explain         print every setting with the place it comes from\n"
	"      --format FORMAT   table, json or csv\n";

static const char plugins[] =
	"usage: dbnexus [-c FILE] plugins list\n"
	"       dbnexus [-c FILE] plugins describe NAME\n"
	"       dbnexus [-c FILE] plugins check NAME [--set NAME=VALUE]... [--arg NAME=VALUE]...\n"
	"\n"
	"NAME is \"driver-sqlite\", \"sqlite\" or the path of a file.  With -c the plugin\n"
	"directories of the configuration are searched too; so are those of\n"
	"DBNEXUS_PLUGIN_PATH.\n"
	"\n"
	"check runs the conformance suite of the plugin's kind over it, each case in a\n"
	"process of its own, and reports every case; exit status 1 if one failed.  A\n"
	"driver needs --arg url=URL, a database that the suite may fill; in all of these\n"
	"@TMP@ stands for an empty directory of the case's own.\n"
	"\n"
	"      --set NAME=VALUE  a setting of the plugin\n"
	"      --arg NAME=VALUE  something the suite needs to know, such as the URL\n"
	"      --quirks FILE     declared differences: lines \"name value\"\n"
	"      --only CASE       one case of the suite\n"
	"      --format FORMAT   table, json or csv\n";

/* What query and explain have in common. */
static const char open_options[] =
	"      --as USER         the user whose rights count\n"
	"  -c, --config FILE     the configuration of the stack, or instead of it:\n"
	"      --url URL         a database, for example sqlite:app.db\n"
	"      --policy FILE     its policy\n"
	"      --allow-all       no policy: USER may do everything (this is audited)\n"
	"      --audit FILE      where the audit trail goes\n"
	"      --create          make the database if it is not there\n";

static const char query[] =
	"usage: dbnexus -c FILE query --as USER SQL\n"
	"       dbnexus query --url URL --policy FILE --as USER SQL\n"
	"\n"
	"Runs one statement; with - in place of SQL it is read from standard input.\n"
	"\n"
	"      --param VALUE     the next parameter (? or $1); numbers, true, false and\n"
	"                        null are taken as such, anything else as text; a type\n"
	"                        may stand before it: text:25 int: double: bool: decimal:\n"
	"                        bytes:HEX json:\n";

static const char explain[] =
	"usage: dbnexus -c FILE explain --as USER SQL\n"
	"       dbnexus explain --url URL --policy FILE --as USER SQL\n"
	"\n"
	"Shows the statement as it would be sent, the rules that apply, where it would go\n"
	"and what would be cached and audited.  It is not run.\n"
	"\n";

static const char audit[] =
	"usage: dbnexus audit verify FILE | dbnexus -c CONFIG audit verify [--sink NAME]\n"
	"       dbnexus audit tail FILE   | dbnexus -c CONFIG audit tail [--sink NAME]\n"
	"\n"
	"verify reads the whole trail and exits 4 at the first record that is not as it\n"
	"was written.  That records are missing at the end shows only against a head that\n"
	"was kept elsewhere.\n"
	"\n"
	"      --sink NAME       which trail of the configuration (the first)\n"
	"      --head FILE       the trail must reach the head in FILE\n"
	"      --save-head FILE  write the head of a trail found sound to FILE\n"
	"      --pruned          old files were removed: it may begin later than record 1\n"
	"  -n, --lines N         records shown by tail (10)\n"
	"      --format FORMAT   table, json or csv\n";

static const char pool[] =
	"usage: dbnexus -c FILE pool\n"
	"\n"
	"Asks the program that runs with FILE, at metrics.socket, for its connections: who\n"
	"holds which since when and for which statement, who waits, and the shares of users\n"
	"and roles.  Only the user that the program runs as, and root, may ask.\n"
	"\n"
	"      --format FORMAT   table, json or csv\n";

void
cli_help(FILE *f, const char *command)
{
	static const struct {
		const char *name, *text;
	} pages[] = { { "check", check }, { "plugins", plugins }, { "query", query },
		{ "explain", explain }, { "audit", audit }, { "pool", pool } };
	const char *text = general;

	for (size_t i = 0; command && i < sizeof pages / sizeof *pages; i++)
		if (strcmp(command, pages[i].name) == 0)
			text = pages[i].text;
	(void)fputs(text, f);
	if (text == query || text == explain) {
		(void)fputs(open_options, f);
		(void)fputs("      --format FORMAT   table, json or csv\n", f);
	}
}
