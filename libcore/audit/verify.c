/* SPDX-License-Identifier: MIT */
/*
 * Proving a trail, line by line.  The first damage is kept; from then on lines
 * are only looked at to tell a record that stands elsewhere (reordered) from
 * one that is gone (missing).
 */
#include "audit/verify.h"

#include <stdio.h>
#include <string.h>
#include "audit/record.h"
#include "base/mem.h"
#include "error/error.h"

struct dbn_audit_verifier {
	dbn_audit_verify_opts opts;
	dbn_audit_report r;
	dbn_hasher *hasher;
	uint64_t lines;
	char prev[DBN_SHA256_HEX + 1]; /* the hash that the next record must name */
	bool at_head;                  /* the kept head was met and agreed */
};

/* What one line says of itself. */
typedef struct record {
	uint64_t seq;
	int64_t lost;
	char hash[DBN_SHA256_HEX + 1], prev[DBN_SHA256_HEX + 1];
	bool genesis;
} record;

dbn_status
dbn_audit_verifier_new(const dbn_audit_verify_opts *opts, dbn_audit_verifier **out, dbn_error **err)
{
	dbn_audit_verifier *v = dbn_zalloc(sizeof(*v));
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!v)
		return dbn_fail_nomem(err);
	if (opts)
		v->opts = *opts;
	memset(v->prev, '0', DBN_SHA256_HEX);
	rc = dbn_hasher_new(&v->hasher, err);
	if (rc != DBN_OK) {
		dbn_free(v);
		return rc;
	}
	*out = v;
	return DBN_OK;
}

void
dbn_audit_verifier_free(dbn_audit_verifier *v)
{
	if (!v)
		return;
	dbn_hasher_free(v->hasher);
	dbn_free(v);
}

static void damage(dbn_audit_verifier *v, dbn_audit_damage kind, uint64_t seq, const char *fmt, ...)
	DBN_PRINTF(4, 5);

static void
damage(dbn_audit_verifier *v, dbn_audit_damage kind, uint64_t seq, const char *fmt, ...)
{
	va_list ap;

	v->r.damage = kind;
	v->r.bad_seq = seq;
	v->r.bad_line = v->lines;
	va_start(ap, fmt);
	(void)vsnprintf(v->r.what, sizeof(v->r.what), fmt, ap);
	va_end(ap);
}

/* Read what the line says; NULL, or what is wrong with it. */
static const char *
read_record(dbn_audit_verifier *v, dbn_text line, record *rec)
{
	dbn_audit_entry *e;
	const char *text, *wrong = NULL;
	bool agrees;
	int64_t seq;

	memset(rec, 0, sizeof(*rec));
	if (dbn_audit_entry_parse(line, &e, NULL) != DBN_OK)
		return "it is not a record any more";
	if (dbn_audit_entry_int(e, "seq", &seq) && seq > 0)
		rec->seq = (uint64_t)seq;
	if (!dbn_audit__line_hash(v->hasher, line, rec->hash, &agrees))
		wrong = "it has no hash any more";
	else if (!agrees)
		wrong = "its hash is not that of its bytes";
	else if (!rec->seq)
		wrong = "it has no number";
	text = dbn_audit_entry_text(e, "prev");
	if (!wrong && (!text || strlen(text) != DBN_SHA256_HEX))
		wrong = "it does not name the record before it";
	else if (text && strlen(text) == DBN_SHA256_HEX)
		memcpy(rec->prev, text, sizeof(rec->prev));
	text = dbn_audit_entry_text(e, "type");
	rec->genesis = text && strcmp(text, "genesis") == 0;
	if (text && strcmp(text, "lost") == 0)
		(void)dbn_audit_entry_int(e, "count", &rec->lost);
	dbn_audit_entry_free(e);
	return wrong;
}

/* The trail was found damaged before: is this the record that seemed gone? */
static void
look_for_missing(dbn_audit_verifier *v, dbn_text line)
{
	record rec;

	if (v->r.damage != DBN_AUDIT_MISSING || read_record(v, line, &rec) ||
	    rec.seq != v->r.bad_seq)
		return;
	v->r.damage = DBN_AUDIT_REORDERED;
	(void)snprintf(v->r.what, sizeof(v->r.what),
		"record %llu is not at its place: it stands on line %llu",
		(unsigned long long)rec.seq, (unsigned long long)v->lines);
}

static void
check_first(dbn_audit_verifier *v, const record *rec)
{
	v->r.first_seq = rec->seq;
	if (rec->seq == 1) {
		if (!rec->genesis || strcmp(rec->prev, v->prev) != 0)
			damage(v, DBN_AUDIT_EDITED, 1, "record 1 does not begin a stream");
	} else if (!v->opts.allow_pruned) {
		damage(v, DBN_AUDIT_MISSING, 1, "the trail begins with record %llu: records 1 to %llu "
			"are gone", (unsigned long long)rec->seq, (unsigned long long)rec->seq - 1);
	}
}

static void
check_next(dbn_audit_verifier *v, const record *rec)
{
	unsigned long long want = (unsigned long long)v->r.last_seq + 1, has = rec->seq;

	if (has > want)
		damage(v, DBN_AUDIT_MISSING, want, has == want + 1 ? "record %llu is gone: behind it "
			"stands %llu" : "records from %llu on are gone: behind them stands %llu", want, has);
	else if (has < want)
		damage(v, DBN_AUDIT_REORDERED, want, "where record %llu should be stands %llu", want,
			has);
	else if (strcmp(rec->prev, v->prev) != 0)
		damage(v, DBN_AUDIT_EDITED, want, "record %llu does not follow on the record before "
			"it: one of the two was replaced", want);
}

static void
check_head(dbn_audit_verifier *v, const record *rec)
{
	if (v->opts.head_seq != rec->seq)
		return;
	if (strcmp(v->opts.head_hash, rec->hash) == 0)
		v->at_head = true;
	else
		damage(v, DBN_AUDIT_REPLACED, rec->seq, "record %llu is not the one whose hash was kept",
			(unsigned long long)rec->seq);
}

dbn_status
dbn_audit_verifier_line(dbn_audit_verifier *v, dbn_text line, bool torn, dbn_error **err)
{
	uint64_t want = v->r.last_seq + 1;
	const char *wrong;
	record rec;

	DBN_ERR_CLEAR(err);
	v->lines++;
	if (v->r.damage != DBN_AUDIT_SOUND) {
		v->r.records++;
		look_for_missing(v, line);
		return DBN_OK;
	}
	if (torn) {
		damage(v, DBN_AUDIT_TORN, want, "record %llu is not whole: its line has no end",
			(unsigned long long)want);
		return DBN_OK;
	}
	v->r.records++;
	wrong = read_record(v, line, &rec);
	if (wrong) {
		/* Where a trail may begin anywhere, the first number is all we have. */
		if (!v->r.first_seq && v->opts.allow_pruned && rec.seq)
			want = rec.seq;
		damage(v, DBN_AUDIT_EDITED, want, "record %llu was edited: %s",
			(unsigned long long)want, wrong);
		return DBN_OK;
	}
	if (v->r.first_seq == 0)
		check_first(v, &rec);
	else
		check_next(v, &rec);
	if (v->r.damage == DBN_AUDIT_SOUND)
		check_head(v, &rec);
	if (v->r.damage != DBN_AUDIT_SOUND)
		return DBN_OK;
	v->r.last_seq = rec.seq;
	memcpy(v->prev, rec.hash, sizeof(v->prev));
	memcpy(v->r.last_hash, rec.hash, sizeof(v->r.last_hash));
	if (rec.lost > 0)
		v->r.lost += (uint64_t)rec.lost;
	return DBN_OK;
}

void
dbn_audit_verifier_end(dbn_audit_verifier *v, dbn_audit_report *report)
{
	bool whole = v->r.damage == DBN_AUDIT_SOUND || v->r.damage == DBN_AUDIT_TORN;

	if (v->opts.head_seq && whole && !v->at_head) {
		if (v->r.last_seq < v->opts.head_seq)
			damage(v, DBN_AUDIT_CUT, v->r.last_seq + 1, "the trail ends with record %llu, but "
				"%llu was there once", (unsigned long long)v->r.last_seq,
				(unsigned long long)v->opts.head_seq);
		else
			damage(v, DBN_AUDIT_MISSING, v->opts.head_seq, "record %llu, whose hash was kept, "
				"is gone", (unsigned long long)v->opts.head_seq);
	}
	*report = v->r;
}

/* ---- a whole stream, through its sink ---- */

static dbn_status
each_record(const dbn_audit_record *rec, void *user)
{
	return dbn_audit_verifier_line(user, rec->line, (rec->flags & DBN_AUDIT_RECORD_TORN) != 0, NULL);
}

dbn_status
dbn_audit_verify(void *self, const dbn_audit_ops *ops, const dbn_audit_verify_opts *opts,
	dbn_audit_report *report, dbn_error **err)
{
	dbn_audit_verifier *v;
	dbn_call call = DBN_CALL_INIT;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	memset(report, 0, sizeof(*report));
	if (!(ops->flags & DBN_AUDIT_READS_BACK))
		return dbn_fail(err, DBN_E_UNSUPPORTED, "this audit sink cannot be read back");
	rc = dbn_audit_verifier_new(opts, &v, err);
	if (rc != DBN_OK)
		return rc;
	rc = ops->read(self, 1, &call, each_record, v, err);
	dbn_audit_verifier_end(v, report);
	dbn_audit_verifier_free(v);
	return rc;
}
