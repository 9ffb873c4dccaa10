/* SPDX-License-Identifier: MIT */
/*
 * Opening plugin files: the only user of libltdl, under one mutex because
 * libltdl is not thread-safe.  A file is bound completely by dlopen() first:
 * libltdl binds lazily, so an undefined symbol would end the process in the
 * middle of a call, and its error text can mislead.  What is opened stays.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <ltdl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/load.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool started;

/* Does every segment lie within the file?  The system's loader does not ask
 * and dies of a truncated file. */
static bool
segments_fit(const unsigned char *map, size_t size)
{
	ElfW(Ehdr) head;
	ElfW(Phdr) seg;

	memcpy(&head, map, sizeof head);
	if (head.e_phentsize != sizeof seg || !head.e_phnum || head.e_phoff > size ||
		(size - head.e_phoff) / sizeof seg < head.e_phnum)
		return false;
	for (size_t i = 0; i < head.e_phnum; i++) {
		memcpy(&seg, map + head.e_phoff + i * sizeof seg, sizeof seg);
		if ((seg.p_type == PT_LOAD || seg.p_type == PT_DYNAMIC) &&
			(seg.p_offset > size || seg.p_filesz > size - seg.p_offset))
			return false;
	}
	return true;
}

static const char *
look_at(int fd, size_t size)
{
	const char *why = NULL;
	unsigned char *map;

	if (size == 0)
		return "the file is empty";
	if (size < sizeof(ElfW(Ehdr)))
		return "the file is not a shared object";
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return "the file cannot be read";
	if (memcmp(map, ELFMAG, SELFMAG) != 0)
		why = "the file is not a shared object";
	else if (map[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
		why = "the file is made for another machine";
	else if (!segments_fit(map, size))
		why = "the file is truncated or damaged";
	(void)munmap(map, size);
	return why;
}

static dbn_status
check_file(const char *path, const char *where, dbn_error **err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *why = NULL;
	dbn_status rc = DBN_OK;
	struct stat st;

	if (fd < 0)
		return dbn_fail_where(err, DBN_E_PLUGIN, where, NULL, "cannot open plugin \"%s\": %m",
			path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		why = "it is not a file";
	else
		why = look_at(fd, (size_t)st.st_size);
	if (why)
		rc = dbn_fail_where(err, DBN_E_PLUGIN, where, NULL, "cannot load plugin \"%s\": %s",
			path, why);
	(void)close(fd);
	return rc;
}

/* How many bytes the symbol has; 0: it is no data, SIZE_MAX: not known. */
static size_t
symbol_bytes(const void *symbol)
{
#ifdef __GLIBC__
	const ElfW(Sym) *sym = NULL;
	Dl_info info;

	if (dladdr1(symbol, &info, (void **)&sym, RTLD_DL_SYMENT) && sym &&
		info.dli_saddr == symbol)
		return ELF64_ST_TYPE(sym->st_info) == STT_OBJECT ? (size_t)sym->st_size : 0;
#endif
	return SIZE_MAX;
}

static dbn_status
open_locked(const char *path, const char *where, const dbn_plugin_descriptor **out,
	size_t *bytes, dbn_error **err)
{
	lt_dladvise advise = NULL;
	lt_dlhandle handle = NULL;
	const char *why = NULL;
	void *bound, *symbol;

	if (!started) {
		if (lt_dlinit() != 0)
			return dbn_fail(err, DBN_E_PLUGIN, "libltdl does not start");
		started = true;
	}
	bound = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!bound) {
		why = dlerror();
		goto fail;
	}
	if (lt_dladvise_init(&advise) == 0 && lt_dladvise_local(&advise) == 0 &&
		lt_dladvise_resident(&advise) == 0)
		handle = lt_dlopenadvise(path, advise);
	(void)dlclose(bound);
	if (!handle) {
		why = lt_dlerror();
		goto fail;
	}
	symbol = lt_dlsym(handle, "dbn_plugin_entry");
	(void)lt_dladvise_destroy(&advise);
	if (!symbol)
		return dbn_fail_where(err, DBN_E_PLUGIN, where, "a plugin defines it by DBN_PLUGIN()",
			"plugin \"%s\" has no symbol dbn_plugin_entry", path);
	*out = symbol;
	*bytes = symbol_bytes(symbol);
	return DBN_OK;
fail:
	(void)dbn_fail_where(err, DBN_E_PLUGIN, where, NULL, "cannot load plugin \"%s\": %s", path,
		why ? why : "no reason given");
	if (advise)
		(void)lt_dladvise_destroy(&advise);
	return DBN_E_PLUGIN;
}

dbn_status
dbn_loader_open(const char *path, const char *where, const dbn_plugin_descriptor **out,
	size_t *bytes, dbn_error **err)
{
	dbn_status rc = check_file(path, where, err);

	if (rc != DBN_OK)
		return rc;
	(void)pthread_mutex_lock(&lock);
	rc = open_locked(path, where, out, bytes, err);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}
