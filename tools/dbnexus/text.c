/* SPDX-License-Identifier: MIT */
/* See text.h. */
#include "text.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

void
text_free(struct text *t)
{
	free(t->ptr);
	*t = (struct text){ 0 };
}

static bool
make_room(struct text *t, size_t n)
{
	size_t cap = t->cap ? t->cap : 256;
	char *p;

	if (t->failed || n >= SIZE_MAX / 2 - t->len) {
		t->failed = true;
		return false;
	}
	if (t->len + n < t->cap)
		return true;
	while (cap <= t->len + n)
		cap *= 2;
	p = realloc(t->ptr, cap);
	if (!p) {
		t->failed = true;
		return false;
	}
	t->ptr = p;
	t->cap = cap;
	return true;
}

void
text_add(struct text *t, const char *p, size_t n)
{
	if (!make_room(t, n))
		return;
	if (n)
		memcpy(t->ptr + t->len, p, n);
	t->len += n;
	t->ptr[t->len] = '\0';
}

void
text_addz(struct text *t, const char *z)
{
	text_add(t, z, strlen(z));
}

void
text_addc(struct text *t, char c)
{
	text_add(t, &c, 1);
}

void
text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		t->failed = true;
	else if (make_room(t, (size_t)n)) {
		(void)vsnprintf(t->ptr + t->len, (size_t)n + 1, fmt, again);
		t->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

size_t
text_decode(const char *p, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)p;
	size_t len = 1;

	*c = UINT32_MAX;
	if (u[0] < 0x80) {
		*c = u[0];
		return 1;
	}
	if (u[0] >= 0xc2 && u[0] < 0xf5)
		len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (len == 1 || len > n)
		return 1;
	uint32_t x = u[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 1;
		x = x << 6 | (u[i] & 0x3fu);
	}
	if (x < least[len] || x > 0x10ffff || (x >= 0xd800 && x < 0xe000))
		return 1;
	*c = x;
	return len;
}

/* Marks that reorder or hide text around them. */
static bool
is_deceptive(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x061c || c == 0x00ad ||
		(c >= 0xe0000 && c <= 0xe0fff);
}

/* One character as it is shown: bytes into out, columns returned. */
static size_t
show_one(const char *p, size_t len, uint32_t c, bool utf8, char out[16], size_t *outlen)
{
	int width;

	if (c < 0x80 && c >= 0x20 && c != 0x7f) {
		out[0] = p[0];
		*outlen = 1;
		return 1;
	}
	if (c == UINT32_MAX)
		width = snprintf(out, 16, "\\x%02x", (unsigned)(unsigned char)p[0]);
	else if (c == '\n' || c == '\t' || c == '\r')
		width = snprintf(out, 16, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	else if (c < 0x20 || c == 0x7f)
		width = snprintf(out, 16, "\\x%02x", (unsigned)c);
	else if (utf8 && c >= 0xa0 && !is_deceptive(c) && wcwidth((wchar_t)c) >= 0) {
		memcpy(out, p, len);
		*outlen = len;
		return (size_t)wcwidth((wchar_t)c);
	} else
		width = snprintf(out, 16, "\\u{%x}", (unsigned)c);
	*outlen = width > 0 ? (size_t)width : 0;
	return *outlen;
}

size_t
text_show(struct text *t, const char *p, size_t n, size_t max, bool utf8)
{
	const char *mark = utf8 ? "\xe2\x80\xa6" : "...";
	size_t marklen = utf8 ? 1 : 3, width = 0, keep = t->len, keepwidth = 0, i = 0;

	if (marklen > max)
		marklen = max; /* of "...", as many dots as there is room for */
	while (i < n) {
		char out[16];
		size_t outlen = 0;
		uint32_t c;
		size_t len = text_decode(p + i, n - i, &c);
		size_t w = show_one(p + i, len, c, utf8, out, &outlen);

		if (w > max - width) {
			t->len = keep < t->len ? keep : t->len;
			text_add(t, mark, utf8 && marklen ? strlen(mark) : marklen);
			return keepwidth + marklen;
		}
		text_add(t, out, outlen);
		width += w;
		i += len;
		if (width <= max - marklen) { /* room for the mark after this one */
			keep = t->len;
			keepwidth = width;
		}
	}
	return width;
}

size_t
text_columns(const char *p, size_t n, bool utf8)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		char out[16];
		size_t outlen;
		uint32_t c;
		size_t len = text_decode(p + i, n - i, &c);

		width += show_one(p + i, len, c, utf8, out, &outlen);
		i += len;
	}
	return width;
}

void
text_json(struct text *t, const char *p, size_t n)
{
	text_addc(t, '"');
	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t len = text_decode(p + i, n - i, &c);

		if (c == UINT32_MAX)
			text_addz(t, "\\ufffd");
		else if (c == '"' || c == '\\') {
			text_addc(t, '\\');
			text_addc(t, (char)c);
		} else if (c == '\n')
			text_addz(t, "\\n");
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c < 0x10000 && is_deceptive(c)))
			text_addf(t, "\\u%04x", (unsigned)c);
		else
			text_add(t, p + i, len);
		i += len;
	}
	text_addc(t, '"');
}

size_t
text_terminal_width(FILE *f)
{
	struct winsize ws = { 0 };
	int fd = fileno(f);

	if (fd < 0 || !isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
		return ws.ws_col;
	return 80;
}

bool
text_locale_is_utf8(void)
{
	const char *set = nl_langinfo(CODESET);

	return set && (strcmp(set, "UTF-8") == 0 || strcmp(set, "utf8") == 0);
}
