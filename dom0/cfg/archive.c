/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads cpio archives. The archive is not trusted: each size is checked
 * against what is left. Chapter: cpio(5), "New ASCII Format".
 */
#include <dom0/cfg/archive.h>
#include <dom0/rt/rt.h>

#define HEADER_SIZE 110u
#define FIELD_MODE 14u
#define FIELD_SIZE 54u
#define FIELD_NAME_SIZE 94u
#define FIELD_DIGITS 8u
#define MODE_TYPE 0170000u
#define MODE_REGULAR 0100000u

bool archive_is(const void *data, size_t size)
{
    return size >= HEADER_SIZE && memcmp(data, "07070", 5) == 0 &&
           (((const char *)data)[5] == '1' || ((const char *)data)[5] == '2');
}

/* Eight hexadecimal digits. */
static bool archive_field(const char *header, size_t at, uint32_t *value)
{
    char text[FIELD_DIGITS + 1];
    uint64_t number;

    memcpy(text, header + at, FIELD_DIGITS);
    text[FIELD_DIGITS] = '\0';
    if (str_to_u64(text, 16, &number, NULL) != 0) {
        return false;
    }
    *value = (uint32_t)number;
    return true;
}

/* One entry, of any kind; false: it makes no sense. */
static bool archive_entry(const char *data, size_t size, size_t *at,
                          struct archive_file *file, uint32_t *mode)
{
    const char *const header = data + *at;
    const size_t left = size - *at;
    uint32_t name_size;
    uint32_t file_size;
    size_t start;

    if (!archive_is(header, left) ||
        !archive_field(header, FIELD_MODE, mode) ||
        !archive_field(header, FIELD_SIZE, &file_size) ||
        !archive_field(header, FIELD_NAME_SIZE, &name_size) ||
        name_size == 0 || name_size > left - HEADER_SIZE ||
        header[HEADER_SIZE + name_size - 1] != '\0') {
        return false;
    }
    start = round_up(HEADER_SIZE + (size_t)name_size, 4);
    if (start > left || file_size > left - start) {
        return false;
    }
    file->data = data + *at + start;
    file->size = file_size;
    *at = min_t(size_t, size, *at + round_up(start + file_size, 4));
    return true;
}

bool archive_next(const void *data, size_t size, size_t *at,
                  struct archive_file *file, const char **why)
{
    while (*at < size) {
        const char *const name = (const char *)data + *at + HEADER_SIZE;
        uint32_t mode;

        if (!archive_entry(data, size, at, file, &mode)) {
            if (why != NULL) {
                *why = "is corrupt or truncated";
            }
            return false;
        }
        if (strcmp(name, "TRAILER!!!") == 0) {
            return false;
        }
        if ((mode & MODE_TYPE) == MODE_REGULAR &&
            strlcpy(file->name, name + (str_starts_with(name, "./") ? 2 : 0),
                    sizeof(file->name)) < sizeof(file->name)) {
            return true;
        }
    }
    return false;
}

bool archive_find(const void *data, size_t size, const char *name,
                  struct archive_file *file, const char **why)
{
    size_t at = 0;

    while (archive_next(data, size, &at, file, why)) {
        if (strcmp(file->name, name) == 0) {
            return true;
        }
    }
    return false;
}
