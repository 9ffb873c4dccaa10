/* SPDX-License-Identifier: MIT */
/*
 * The only user of OpenSSL in the core: SHA-256, HMAC, random bytes, comparison
 * in constant time, wiping, hexadecimal.  The algorithm is fetched once for the
 * process (EVP_MD_fetch), never per call.  Functions: any thread; a dbn_hasher
 * is one thread's at a time.  Nothing blocks.
 */
#ifndef DBN_CRYPTO_H
#define DBN_CRYPTO_H

#include <dbnexus/error.h>

#define DBN_SHA256_SIZE 32
#define DBN_SHA256_HEX  64 /* without the NUL */

/* 128 bits of a SHA-256: names a plan, a policy, a configuration. */
typedef struct dbn_digest {
	uint8_t b[16];
} dbn_digest;

/* A kept hashing context: begin, add ..., end, begin ...  false: OpenSSL could
 * not (memory); then the result must not be used. */
typedef struct dbn_hasher dbn_hasher;
dbn_status dbn_hasher_new(dbn_hasher **out, dbn_error **err); /* returned, free with dbn_hasher_free() */
void dbn_hasher_free(dbn_hasher *h);
bool dbn_hasher_begin(dbn_hasher *h);
bool dbn_hasher_add(dbn_hasher *h, const void *p, size_t n);
bool dbn_hasher_end(dbn_hasher *h, uint8_t out[DBN_SHA256_SIZE]);

/* DBN_OK, DBN_E_NOMEM (also any other failure of OpenSSL: it has no result). */
dbn_status dbn_sha256(const void *p, size_t n, uint8_t out[DBN_SHA256_SIZE]);
dbn_status dbn_hmac_sha256(const void *key, size_t nkey, const void *p, size_t n,
	uint8_t out[DBN_SHA256_SIZE]);
/* Each part is hashed behind its length, so that ("a","bc") and ("ab","c") differ. */
dbn_status dbn_digest_make(const dbn_text *parts, size_t n, dbn_digest *out);
bool dbn_digest_eq(const dbn_digest *a, const dbn_digest *b);

/* Bytes nobody can foretell; DBN_E_INTERNAL if the system has none. */
dbn_status dbn_random(void *p, size_t n);
/* Time does not depend on where they differ. */
bool dbn_secret_eq(const void *a, const void *b, size_t n);
/* Overwrite; not optimised away. */
void dbn_wipe(void *p, size_t n);

/* 2 * n lower-case digits and a NUL into out. */
void dbn_hex(const void *p, size_t n, char *out);
/* Exactly 2 * n digits, lower case, into n bytes; false: not that. */
bool dbn_unhex(const char *hex, size_t nhex, void *out, size_t n);

#endif
