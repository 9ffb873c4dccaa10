/* SPDX-License-Identifier: MIT */
/*
 * Hashes against published vectors (FIPS 180-4, RFC 4231), and the helpers.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <string.h>

#include "base/str.h"
#include "crypto/crypto.h"

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Test(crypto, sha256_gives_the_published_hashes)
{
	uint8_t h[DBN_SHA256_SIZE];
	char hex[DBN_SHA256_HEX + 1];

	cr_assert_eq(dbn_sha256("abc", 3, h), DBN_OK);
	dbn_hex(h, sizeof(h), hex);
	cr_assert_str_eq(hex, abc);
	cr_assert_eq(dbn_sha256(NULL, 0, h), DBN_OK);
	dbn_hex(h, sizeof(h), hex);
	cr_assert_str_eq(hex, empty);
}

Test(crypto, hasher_can_be_used_again_and_in_pieces)
{
	uint8_t h[DBN_SHA256_SIZE];
	char hex[DBN_SHA256_HEX + 1];
	dbn_hasher *hasher;

	cr_assert_eq(dbn_hasher_new(&hasher, NULL), DBN_OK);
	for (int i = 0; i < 3; i++) {
		cr_assert(dbn_hasher_begin(hasher));
		cr_assert(dbn_hasher_add(hasher, "a", 1));
		cr_assert(dbn_hasher_add(hasher, NULL, 0));
		cr_assert(dbn_hasher_add(hasher, "bc", 2));
		cr_assert(dbn_hasher_end(hasher, h));
		dbn_hex(h, sizeof(h), hex);
		cr_assert_str_eq(hex, abc);
	}
	dbn_hasher_free(hasher);
	dbn_hasher_free(NULL);
}

Test(crypto, hmac_gives_the_hash_of_rfc_4231)
{
	uint8_t h[DBN_SHA256_SIZE];
	char hex[DBN_SHA256_HEX + 1];
	const char *data = "what do ya want for nothing?";

	cr_assert_eq(dbn_hmac_sha256("Jefe", 4, data, strlen(data), h), DBN_OK);
	dbn_hex(h, sizeof(h), hex);
	cr_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	cr_assert_eq(dbn_hmac_sha256(NULL, 0, NULL, 0, h), DBN_OK);
	dbn_hex(h, sizeof(h), hex);
	cr_assert_str_eq(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

Test(crypto, digest_tells_where_parts_end)
{
	dbn_text ab_c[] = { DBN_TEXT_LIT("ab"), DBN_TEXT_LIT("c") };
	dbn_text a_bc[] = { DBN_TEXT_LIT("a"), DBN_TEXT_LIT("bc") };
	dbn_text three[] = { DBN_TEXT_LIT("ab"), DBN_TEXT_LIT("c"), DBN_TEXT_LIT("") };
	dbn_digest d[4];

	cr_assert_eq(dbn_digest_make(ab_c, 2, &d[0]), DBN_OK);
	cr_assert_eq(dbn_digest_make(a_bc, 2, &d[1]), DBN_OK);
	cr_assert_eq(dbn_digest_make(three, 3, &d[2]), DBN_OK);
	cr_assert_eq(dbn_digest_make(ab_c, 2, &d[3]), DBN_OK);
	cr_assert(dbn_digest_eq(&d[0], &d[3]));
	cr_assert_not(dbn_digest_eq(&d[0], &d[1]));
	cr_assert_not(dbn_digest_eq(&d[0], &d[2]));
}

Test(crypto, hex_goes_there_and_back)
{
	uint8_t in[256], out[256];
	char hex[513];

	for (unsigned i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	dbn_hex(in, 256, hex);
	cr_assert_eq(strlen(hex), 512);
	cr_assert(dbn_unhex(hex, 512, out, 256));
	cr_assert_eq(memcmp(in, out, 256), 0);
}

Test(crypto, unhex_refuses_what_is_not_hexadecimal)
{
	uint8_t out[2];

	cr_assert_not(dbn_unhex("00g0", 4, out, 2));
	cr_assert_not(dbn_unhex("00FF", 4, out, 2), "one form only: lower case");
	cr_assert_not(dbn_unhex("000", 3, out, 2));
	cr_assert_not(dbn_unhex("00000", 5, out, 2));
	cr_assert_not(dbn_unhex("000000", 6, out, 2));
	cr_assert(dbn_unhex("", 0, out, 0));
}

Test(crypto, comparison_sees_every_byte)
{
	char a[33], b[33];

	memset(a, 7, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++) {
		memcpy(b, a, sizeof(a));
		cr_assert(dbn_secret_eq(a, b, sizeof(a)));
		b[i] ^= 1;
		cr_assert_not(dbn_secret_eq(a, b, sizeof(a)));
	}
	cr_assert(dbn_secret_eq(NULL, NULL, 0));
}

Test(crypto, random_bytes_differ_and_wipe_wipes)
{
	uint8_t a[32], b[32], zero[32] = { 0 };

	cr_assert_eq(dbn_random(a, sizeof(a)), DBN_OK);
	cr_assert_eq(dbn_random(b, sizeof(b)), DBN_OK);
	cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
	dbn_wipe(a, sizeof(a));
	cr_assert_eq(memcmp(a, zero, sizeof(a)), 0);
	cr_assert_eq(dbn_random(NULL, 0), DBN_OK);
}

static void *
hash_many(void *arg)
{
	uint8_t h[DBN_SHA256_SIZE];
	char hex[DBN_SHA256_HEX + 1];
	bool *ok = arg;

	*ok = true;
	for (int i = 0; i < 500; i++) {
		*ok = *ok && dbn_sha256("abc", 3, h) == DBN_OK;
		dbn_hex(h, sizeof(h), hex);
		*ok = *ok && strcmp(hex, abc) == 0;
	}
	return NULL;
}

Test(crypto, threads_hash_at_once)
{
	pthread_t t[8];
	bool ok[8];

	for (int i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&t[i], NULL, hash_many, &ok[i]), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], NULL);
		cr_assert(ok[i]);
	}
}
