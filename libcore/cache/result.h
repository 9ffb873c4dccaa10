/* SPDX-License-Identifier: MIT */
/*
 * How a result lies in a cache, shared by encode.c and decode.c:
 *
 *   head (40 bytes)  magic, version, columns, rows, offset of the index, length,
 *                    digest of the plan it answers
 *   columns          type u32, length u32, name
 *   rows             cells: tag (type, high bit: masked), then by type 0, 1, 8 or
 *                    16 bytes, or length u32, bytes and a NUL
 *   index            u32 offset of each row
 *
 * Numbers as the machine has them: another byte order reads as damaged.
 */
#ifndef DBN_CACHE_RESULT_H
#define DBN_CACHE_RESULT_H

#include <stdint.h>

#define RESULT_MAGIC   0x524e4244u /* "DBNR" */
#define RESULT_VERSION 1u
#define RESULT_MASKED  0x80u
#define RESULT_DEPTH   4u          /* arrays of arrays */
#define RESULT_MAX     ((size_t)1 << 31)

typedef struct result_head {
	uint32_t magic, version, ncolumns, nrows, index, length;
	uint8_t digest[16];
} result_head;
_Static_assert(sizeof(result_head) == 40, "as laid out");

#endif
