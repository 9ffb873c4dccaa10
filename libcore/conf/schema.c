/* SPDX-License-Identifier: MIT */
/*
 * Is a schema sound?  A plugin brings its own, and the core writes into the
 * struct it describes, so offsets, types and defaults are checked before.
 */
#include <stdio.h>

#include "conf/item.h"

#define ITEMS_MAX 512
#define SCHEMA_DEPTH 8

size_t
dbn_conf_item_bytes(const dbn_conf_item *item)
{
	switch (item->type) {
	case DBN_CONF_BOOL:
	case DBN_CONF_ENUM:
		return sizeof(int32_t);
	case DBN_CONF_INT:
	case DBN_CONF_FLOAT:
	case DBN_CONF_SIZE:
	case DBN_CONF_DURATION:
		return 8;
	case DBN_CONF_STRING:
	case DBN_CONF_PATH:
	case DBN_CONF_NODE:
		return sizeof(void *);
	case DBN_CONF_LIST:
		return sizeof(dbn_array);
	case DBN_CONF_GROUP:
		return item->item_size;
	default:
		return 0;
	}
}

static bool
good_name(const char *name)
{
	size_t n = 0;

	if (!name || !((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z')))
		return false;
	for (; name[n]; n++)
		if (!((name[n] >= 'a' && name[n] <= 'z') || (name[n] >= 'A' && name[n] <= 'Z') ||
			(name[n] >= '0' && name[n] <= '9') || name[n] == '_' || name[n] == '-'))
			return false;
	return n <= 64;
}

#define UNSOUND(...) dbn_fail(err, DBN_E_PLUGIN, __VA_ARGS__)

static dbn_status
check_place(const dbn_conf_item *item, uint32_t size, dbn_error **err)
{
	size_t bytes = dbn_conf_item_bytes(item), align = bytes < 8 ? bytes : 8;

	if (!bytes)
		return UNSOUND("setting \"%s\" has the unknown type %u", item->name,
			(unsigned)item->type);
	if (item->offset > size || bytes > size - item->offset || item->offset % align)
		return UNSOUND("setting \"%s\" does not lie within the settings (offset %u of %u)",
			item->name, (unsigned)item->offset, (unsigned)size);
	return DBN_OK;
}

static dbn_status
check_default(const dbn_conf_item *item, dbn_error **err)
{
	union {
		uint64_t align;
		void *p;
		double d;
	} place = { 0 };
	const char *problem = NULL;
	dbn_conf_memory memory;
	dbn_status rc;

	if (!item->deflt || item->type == DBN_CONF_GROUP || item->type == DBN_CONF_LIST)
		return DBN_OK;
	dbn_conf_memory_init(&memory);
	rc = dbn_conf_scalar_from_text(item, dbn_text_z(item->deflt), "/", &place, &memory, &problem);
	if (rc != DBN_OK)
		rc = dbn_fail_nomem(err);
	else if (problem)
		rc = UNSOUND("the default of setting \"%s\" %s", item->name, problem);
	dbn_conf_memory_free(&memory);
	return rc;
}

static dbn_status check_items(const dbn_array *items, uint32_t size, unsigned depth, dbn_error **err);

static dbn_status
check_item(const dbn_conf_item *item, uint32_t size, unsigned depth, dbn_error **err)
{
	dbn_status rc;

	if (!good_name(item->name))
		return UNSOUND("a setting has no usable name");
	if (item->type >= DBN_CONF_NODE)
		return UNSOUND("setting \"%s\" has the unknown type %u", item->name,
			(unsigned)item->type);
	if (item->flags & ~(uint32_t)DBN_CONF_KNOWN_FLAGS)
		return UNSOUND("setting \"%s\" has an unknown flag (0x%x)", item->name,
			(unsigned)(item->flags & ~(uint32_t)DBN_CONF_KNOWN_FLAGS));
	if ((item->flags & DBN_CONF_SECRET) && item->type != DBN_CONF_STRING)
		return UNSOUND("setting \"%s\" is a secret, but not a text", item->name);
	if (item->type == DBN_CONF_ENUM && (!item->choices || !item->choices[0]))
		return UNSOUND("setting \"%s\" has no choices", item->name);
	if (item->min > item->max)
		return UNSOUND("setting \"%s\" has an empty range", item->name);
	rc = check_place(item, size, err);
	if (rc == DBN_OK)
		rc = check_default(item, err);
	if (rc == DBN_OK && item->type == DBN_CONF_GROUP)
		rc = check_items(&item->items, item->item_size, depth + 1, err);
	if (rc == DBN_OK && item->type == DBN_CONF_LIST && item->items.count)
		rc = check_items(&item->items, item->item_size, depth + 1, err);
	return rc;
}

static dbn_status
check_items(const dbn_array *items, uint32_t size, unsigned depth, dbn_error **err)
{
	dbn_conf_item item, other;
	dbn_status rc;

	if (depth > SCHEMA_DEPTH)
		return UNSOUND("the settings are nested deeper than %d", SCHEMA_DEPTH);
	if (!items->count)
		return DBN_OK;
	if (!items->items || items->count > ITEMS_MAX || items->stride % 8 ||
		items->stride < offsetof(dbn_conf_item, items))
		return UNSOUND("the array of settings is malformed");
	for (uint32_t i = 0; i < items->count; i++) {
		item = dbn_conf_item_at(items, i);
		rc = check_item(&item, size, depth, err);
		if (rc != DBN_OK)
			return rc;
		for (uint32_t j = 0; j < i; j++) {
			other = dbn_conf_item_at(items, j);
			if (strcmp(item.name, other.name) == 0)
				return UNSOUND("setting \"%s\" is there twice", item.name);
		}
	}
	return DBN_OK;
}

dbn_status
dbn_conf_schema_check(const dbn_array *items, uint32_t size, dbn_error **err)
{
	return check_items(items, size, 0, err);
}
