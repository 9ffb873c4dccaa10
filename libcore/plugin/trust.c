/* SPDX-License-Identifier: MIT */
/*
 * Whose files may run in this process.  dlopen() runs constructors before any
 * check of a plugin, so the check is of the file and its directory; parents are
 * not walked.
 */
#include <sys/stat.h>

#include "plugin/load.h"

static const char *
reason(const struct stat *st, uint32_t uid, bool dir)
{
	if (st->st_uid != 0 && st->st_uid != uid)
		return "belongs to neither root nor the running user";
	if ((st->st_mode & S_IWOTH) && !(dir && (st->st_mode & S_ISVTX)))
		return "can be written by everybody";
	return NULL;
}

dbn_status
dbn_trust_check(const char *path, uint32_t uid, const char *where, dbn_error **err)
{
	const char *slash = strrchr(path, '/'), *why;
	struct stat st;
	char *dir;
	dbn_status rc = DBN_OK;

	if (stat(path, &st) != 0)
		return dbn_fail_where(err, DBN_E_PLUGIN, where, NULL, "cannot open plugin \"%s\": %m",
			path);
	why = reason(&st, uid, false);
	if (why)
		return dbn_fail_where(err, DBN_E_PLUGIN, where,
			"let only its owner write it (chmod go-w), and let root or the running user own it",
			"plugin \"%s\" is refused: it %s", path, why);
	dir = dbn_strndup(path, slash == path || !slash ? 1 : (size_t)(slash - path));
	if (!dir)
		return dbn_fail_nomem(err);
	if (stat(dir, &st) != 0)
		rc = dbn_fail_where(err, DBN_E_PLUGIN, where, NULL, "cannot look at \"%s\": %m", dir);
	else if ((why = reason(&st, uid, true)) != NULL)
		rc = dbn_fail_where(err, DBN_E_PLUGIN, where,
			"let only its owner write it (chmod go-w), and let root or the running user own it",
			"plugin \"%s\" is refused: its directory %s", path, why);
	dbn_free(dir);
	return rc;
}
