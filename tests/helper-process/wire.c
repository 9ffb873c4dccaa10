/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading messages.  A short or damaged body reads as zeros and sets
 * `bad`.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

void
wire_reset(wire *w)
{
	w->len = w->at = 0;
	w->bad = false;
}

void
wire_free(wire *w)
{
	free(w->p);
	memset(w, 0, sizeof *w);
}

static bool
room(wire *w, size_t n)
{
	size_t cap = w->cap ? w->cap : 256;
	unsigned char *p;

	if (w->len + n <= w->cap)
		return true;
	while (cap < w->len + n)
		cap *= 2;
	p = cap <= WIRE_MAX ? (unsigned char *)realloc(w->p, cap) : NULL;
	if (!p) {
		w->bad = true;
		return false;
	}
	w->p = p;
	w->cap = cap;
	return true;
}

/* Everything is padded to 8 bytes, so that values can be used where they are. */
void
put_bytes(wire *w, const void *p, size_t n)
{
	size_t padded = (n + 7) & ~(size_t)7;

	if (!room(w, padded))
		return;
	if (n)
		memcpy(w->p + w->len, p, n);
	memset(w->p + w->len + n, 0, padded - n);
	w->len += padded;
}

void
put_u64(wire *w, uint64_t x)
{
	put_bytes(w, &x, sizeof x);
}

void
put_u32(wire *w, uint32_t x)
{
	put_u64(w, x);
}

void
put_text(wire *w, dbn_text t)
{
	put_u64(w, t.len);
	put_bytes(w, t.ptr, t.len);
	put_bytes(w, "", 1); /* a NUL behind it */
}

const void *
get_bytes(wire *w, size_t n)
{
	size_t padded = (n + 7) & ~(size_t)7;
	const void *p = w->p + w->at;

	if (n > w->len || padded > w->len - w->at) {
		w->bad = true;
		return NULL;
	}
	w->at += padded;
	return p;
}

uint64_t
get_u64(wire *w)
{
	const void *p = get_bytes(w, 8);
	uint64_t x = 0;

	if (p)
		memcpy(&x, p, 8);
	return x;
}

uint32_t
get_u32(wire *w)
{
	return (uint32_t)get_u64(w);
}

dbn_text
get_text(wire *w)
{
	size_t n = (size_t)get_u64(w);
	const char *p = (const char *)get_bytes(w, n);

	(void)get_bytes(w, 1);
	return (dbn_text){ p, p ? n : 0 };
}

static bool
points(dbn_type t)
{
	return t == DBN_TEXT || t == DBN_BYTES || t == DBN_DECIMAL || t == DBN_JSON || t == DBN_ENUM ||
		t == DBN_UUID;
}

void
put_value(wire *w, const dbn_value *v)
{
	uint64_t len = v->flags & DBN_VALUE_CSTR ? strlen((const char *)v->u.ptr) : v->len;

	put_u32(w, v->type);
	put_u32(w, (uint32_t)v->aux << 16 | (v->flags & (uint16_t)~DBN_VALUE_CSTR));
	if (points(v->type))
		put_text(w, (dbn_text){ (const char *)v->u.ptr, (size_t)len });
	else
		put_u64(w, v->u.u64);
}

void
get_value(wire *w, dbn_value *v)
{
	uint32_t bits;

	v->type = get_u32(w);
	bits = get_u32(w);
	v->flags = (uint16_t)bits;
	v->aux = (uint16_t)(bits >> 16);
	v->len = 0;
	if (points(v->type)) {
		dbn_text t = get_text(w);

		v->u.ptr = t.ptr;
		v->len = t.len;
	} else {
		v->u.u64 = get_u64(w);
	}
}

static bool
send_all(int fd, const void *p, size_t n)
{
	const char *at = (const char *)p;

	while (n) {
		ssize_t k = send(fd, at, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

static bool
receive_all(int fd, void *p, size_t n)
{
	char *at = (char *)p;

	while (n) {
		ssize_t k = recv(fd, at, n, 0);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

bool
wire_send(int fd, const wire_head *h, const wire *body)
{
	wire_head sent = *h;

	sent.len = body ? (uint32_t)body->len : 0;
	return send_all(fd, &sent, sizeof sent) && (!sent.len || send_all(fd, body->p, sent.len));
}

bool
wire_receive(int fd, wire_head *h, wire *body)
{
	wire_reset(body);
	if (!receive_all(fd, h, sizeof *h) || h->len > WIRE_MAX || !room(body, h->len))
		return false;
	body->len = h->len;
	return !h->len || receive_all(fd, body->p, h->len);
}
