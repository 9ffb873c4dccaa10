/* SPDX-License-Identifier: MIT */
/*
 * SHA-256, HMAC, random bytes, over OpenSSL 3.  Owns one process-wide EVP_MD,
 * fetched on first use and never freed: fetching costs as much as hashing a
 * record does.  No locks of its own beyond pthread_once.
 */
#include "crypto/crypto.h"

#include <pthread.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include "base/mem.h"
#include "error/error.h"

struct dbn_hasher {
	EVP_MD_CTX *ctx;
	EVP_MD_CTX *fresh; /* begun, nothing added: copying it costs less than beginning anew */
};

static pthread_once_t md_once = PTHREAD_ONCE_INIT;
static EVP_MD *md_sha256;

static void
fetch_md(void)
{
	md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *
sha256_md(void)
{
	pthread_once(&md_once, fetch_md);
	return md_sha256;
}

dbn_status
dbn_hasher_new(dbn_hasher **out, dbn_error **err)
{
	dbn_hasher *h;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!sha256_md())
		return dbn_fail(err, DBN_E_INTERNAL, "no SHA-256 in the crypto library");
	h = dbn_zalloc(sizeof(*h));
	if (!h)
		return dbn_fail_nomem(err);
	h->ctx = EVP_MD_CTX_new();
	h->fresh = EVP_MD_CTX_new();
	if (!h->ctx || !h->fresh || EVP_DigestInit_ex(h->fresh, sha256_md(), NULL) != 1) {
		dbn_hasher_free(h);
		return dbn_fail_nomem(err);
	}
	*out = h;
	return DBN_OK;
}

void
dbn_hasher_free(dbn_hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_CTX_free(h->fresh);
	dbn_free(h);
}

bool
dbn_hasher_begin(dbn_hasher *h)
{
	return EVP_MD_CTX_copy_ex(h->ctx, h->fresh) == 1;
}

bool
dbn_hasher_add(dbn_hasher *h, const void *p, size_t n)
{
	return n == 0 || EVP_DigestUpdate(h->ctx, p, n) == 1;
}

bool
dbn_hasher_end(dbn_hasher *h, uint8_t out[DBN_SHA256_SIZE])
{
	unsigned n = 0;

	return EVP_DigestFinal_ex(h->ctx, out, &n) == 1 && n == DBN_SHA256_SIZE;
}

dbn_status
dbn_sha256(const void *p, size_t n, uint8_t out[DBN_SHA256_SIZE])
{
	unsigned len = 0;

	if (!sha256_md() || EVP_Digest(n ? p : "", n, out, &len, sha256_md(), NULL) != 1)
		return DBN_E_NOMEM;
	return DBN_OK;
}

dbn_status
dbn_hmac_sha256(const void *key, size_t nkey, const void *p, size_t n, uint8_t out[DBN_SHA256_SIZE])
{
	unsigned len = 0;

	if (nkey > INT32_MAX || !sha256_md())
		return DBN_E_INVALID;
	if (!HMAC(sha256_md(), nkey ? key : "", (int)nkey, n ? p : (const void *)"", n, out, &len))
		return DBN_E_NOMEM;
	return DBN_OK;
}

dbn_status
dbn_digest_make(const dbn_text *parts, size_t n, dbn_digest *out)
{
	uint8_t full[DBN_SHA256_SIZE];
	dbn_status rc = DBN_E_NOMEM;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;

	if (!ctx || !sha256_md() || EVP_DigestInit_ex(ctx, sha256_md(), NULL) != 1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		uint8_t head[8];

		for (unsigned b = 0; b < 8; b++)
			head[b] = (uint8_t)((uint64_t)parts[i].len >> (8 * b));
		if (EVP_DigestUpdate(ctx, head, sizeof(head)) != 1)
			goto out;
		if (parts[i].len && EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) != 1)
			goto out;
	}
	if (EVP_DigestFinal_ex(ctx, full, &len) != 1)
		goto out;
	memcpy(out->b, full, sizeof(out->b));
	rc = DBN_OK;
out:
	EVP_MD_CTX_free(ctx);
	return rc;
}

bool
dbn_digest_eq(const dbn_digest *a, const dbn_digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

dbn_status
dbn_random(void *p, size_t n)
{
	if (n > INT32_MAX)
		return DBN_E_INVALID;
	return n == 0 || RAND_bytes(p, (int)n) == 1 ? DBN_OK : DBN_E_INTERNAL;
}

bool
dbn_secret_eq(const void *a, const void *b, size_t n)
{
	return n == 0 || CRYPTO_memcmp(a, b, n) == 0;
}

void
dbn_wipe(void *p, size_t n)
{
	if (n)
		OPENSSL_cleanse(p, n);
}

#define HEX_ROW(h) h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h "c" \
	h "d" h "e" h "f"

void
dbn_hex(const void *p, size_t n, char *out)
{
	static const char pairs[] = HEX_ROW("0") HEX_ROW("1") HEX_ROW("2") HEX_ROW("3") HEX_ROW("4")
		HEX_ROW("5") HEX_ROW("6") HEX_ROW("7") HEX_ROW("8") HEX_ROW("9") HEX_ROW("a")
		HEX_ROW("b") HEX_ROW("c") HEX_ROW("d") HEX_ROW("e") HEX_ROW("f");
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		memcpy(out + 2 * i, pairs + 2 * b[i], 2);
	out[2 * n] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
dbn_unhex(const char *hex, size_t nhex, void *out, size_t n)
{
	uint8_t *b = out;

	if (nhex / 2 != n || nhex % 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		b[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}
