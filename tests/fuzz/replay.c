/* SPDX-License-Identifier: MIT */
/*
 * Feeds each file it is given (or of each directory) to the harness it is linked
 * with, whole and cut short: make check replays the corpus without a fuzzer.
 * Called replay_x without arguments it takes $DBN_FUZZ_DIR/corpus-x.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long files, runs;

static int
replay_file(const char *path)
{
	FILE *fp = fopen(path, "rb");
	uint8_t *data = malloc((size_t)2 << 20), *exact;
	size_t n, step;

	if (!fp || !data) {
		perror(path);
		if (fp)
			fclose(fp);
		free(data);
		return 1;
	}
	n = fread(data, 1, (size_t)2 << 20, fp);
	fclose(fp);
	step = n > 4096 ? n : n > 256 ? 7 : 1;
	for (size_t cut = 0; cut <= n; cut += step) {
		/* A block of just that size: a read past its end is seen. */
		exact = malloc(n - cut ? n - cut : 1);
		if (!exact)
			break;
		memcpy(exact, data, n - cut);
		(void)LLVMFuzzerTestOneInput(exact, n - cut);
		free(exact);
		runs++;
	}
	free(data);
	files++;
	return 0;
}

static int
replay(const char *path)
{
	char name[4096];
	struct dirent *e;
	struct stat st;
	int rc = 0;
	DIR *dir;

	if (stat(path, &st) != 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		rc |= replay_file(name);
	}
	if (dir)
		closedir(dir);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("DBN_FUZZ_DIR"), *name = strrchr(argv[0], '_');
	char corpus[4096];
	int rc = 0;

	if (argc < 2 && dir && name) {
		(void)snprintf(corpus, sizeof(corpus), "%s/corpus-%s", dir, name + 1);
		rc = replay(corpus);
	} else {
		for (int i = 1; i < argc; i++)
			rc |= replay(argv[i]);
	}
	printf("%lu files, %lu runs\n", files, runs);
	return rc || files == 0;
}
